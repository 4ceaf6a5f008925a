/**
 * `npm run oracle`: gives the cases of test/data/classic-builds to Docker's own engine and writes down what comes of them
 * under test/docker/<version>/classic-builds. Needs root and Debian's docker.io; `npm test` compares with what is written.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { observeBuild, readCases } from './build-case.ts';
import { startEngine } from './engine.ts';

const wanted = process.argv.slice(2);
const engine = await startEngine();
try {
  const folder = join(import.meta.dirname, '../docker', engine.version, 'classic-builds');
  await mkdir(folder, { recursive: true });
  for (const one of await readCases()) {
    if (wanted.length > 0 && !wanted.includes(one.name)) continue;
    const observation = await observeBuild(engine.docker, one);
    await writeFile(
      join(folder, `${one.name}.json`),
      `${JSON.stringify({ docker: engine.version, date: new Date().toISOString().slice(0, 10), ...observation }, null, 1)}\n`,
    );
    console.log(`${one.name}: ${observation.builds.map(({ status }) => status).join(' ')}`);
  }
} finally {
  await engine.stop();
}
