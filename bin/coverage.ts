/**
 * Writes docs/coverage.md from the tags in the code and the tests that show what they say (see `coverage/tags.ts`).
 * `--check` fails when the page is another. What is said to work and is shown by no test is an error.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findEvidence } from './coverage/evidence.ts';
import { commandRows, render, routeRows } from './coverage/page.ts';
import { commandSubjects, routeSubjects } from './coverage/subjects.ts';
import { readTags } from './coverage/tags.ts';
import { root } from './root.ts';

const commands = commandSubjects();
const routes = routeSubjects();
const tags = readTags();
const evidence = findEvidence(commands, routes);
const page = join(root, 'docs/coverage.md');
const [ofCommands, ofRoutes] = [commandRows(commands, tags, evidence), routeRows(routes, tags, evidence)];
const text = render(commands, ofCommands, ofRoutes);
const unshown = [...ofCommands, ...ofRoutes].filter(({ state, test }) => state.kind === 'works' && test === undefined);
if (unshown.length > 0) {
  console.error(`no test shows that these work: ${unshown.map(({ subject }) => subject).join(', ')}`);
  process.exit(1);
}

if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/coverage.md is not what the tags in the code say: run npm run fix');
  process.exit(1);
}
