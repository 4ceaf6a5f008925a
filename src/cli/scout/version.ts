/** Which advisories the scan goes by. */
import { clientRelease, versionLine } from '../client-release.ts';
import type { Command } from '../command.ts';
import { readSnapshot, SNAPSHOT_FILE } from './advisories.ts';

/** @cli  P[says which advisories are shipped]  docker scout version  "Show the version of the scan and of its advisories" */
export const versionCommand: Command = {
  path: ['scout', 'version'],
  async run(context) {
    const line = versionLine(await clientRelease(context.environment));
    const bytes = await context.environment.asset(SNAPSHOT_FILE);
    if (!bytes) return await context.out(`${line}no advisories are shipped\n`);
    const { distribution, date, sources, notes } = readSnapshot(bytes);
    const count = [...sources.values()].reduce((sum, advisories) => sum + advisories.length, 0);
    await context.out(line);
    await context.out(`Advisories: ${distribution.id} ${distribution.version} (${distribution.codename}), as of ${date}, `);
    await context.out(`${count} of ${sources.size} source packages\n${notes.join('\n')}\n`);
  },
};
