/** Shows what takes up the disk. Source: docker/cli cli/command/system/df.go. */
import type { DiskUsage } from '#engine/api/types/system.ts';
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { diskUsageText, verboseDiskUsageText } from '../format/disk-usage.ts';

/** @cli  P[--format is refused with --verbose]  docker system df  "Show docker disk usage" */
export const dfCommand: Command = {
  path: ['system', 'df'],
  async run(context) {
    const { flags, environment } = context;
    const format = flags.string('format');
    const verbose = flags.bool('verbose');
    if (verbose && format !== '' && format !== 'table') {
      throw new ExitError(1, 'docker system df --verbose with --format is not available in this version of Drydock');
    }
    const usage = await (await context.api()).get<DiskUsage>('/system/df');
    await context.out(verbose ? verboseDiskUsageText(usage, environment.clock.now()) : diskUsageText(format, usage));
  },
};
