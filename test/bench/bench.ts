/** `npm run bench [node|chromium]`: prints one JSON line per figure; what is slower than its target is for people to judge. */
import { chromiumFigures } from './chromium.ts';
import { dockerRunMs } from './docker-engine.ts';
import { nodeFigures } from './node-machine.ts';
import { report } from './figures.ts';

const only = process.argv[2];
const docker = await dockerRunMs(7);
if (docker !== undefined) report({ name: 'docker run --rm busybox echo', where: 'docker', value: docker, unit: 'ms', runs: 7 });
if (only !== 'chromium') await nodeFigures(docker);
if (only !== 'node') await chromiumFigures(docker);
process.exit(0);
