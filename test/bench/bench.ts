/** `npm run bench [node|builds|networks|chromium|preview]`: prints one JSON line per figure; what is slower than its target is for people to judge. */
import { chromiumFigures } from './chromium.ts';
import { buildFigures } from './builds.ts';
import { dockerTimes } from './docker-engine.ts';
import { networkFigures } from './networks.ts';
import { nodeFigures } from './node-machine.ts';
import { report } from './figures.ts';
import { previewFigures } from './preview.ts';

const only = process.argv[2];
const docker = await dockerTimes(7);
if (docker !== undefined) report({ name: 'docker run --rm busybox echo', where: 'docker', value: docker.runMs, unit: 'ms', runs: 7 });
if (only === undefined || only === 'node') await nodeFigures(docker?.runMs);
if (only === undefined || only === 'builds') await buildFigures(docker);
if (only === undefined || only === 'networks') await networkFigures();
if (only === undefined || only === 'chromium') await chromiumFigures(docker?.runMs);
if (only === undefined || only === 'preview') await previewFigures();
process.exit(0);
