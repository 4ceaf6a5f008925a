/** Shows what takes up the disk. Source: docker/cli cli/command/system/df.go. */
import type { DiskUsage } from '#engine/api/types/system.ts';
import type { Command } from '../command.ts';
import { diskUsageText } from '../format/disk-usage.ts';
import { verboseDiskUsageText } from '../format/verbose-disk-usage.ts';

/** @cli  Y  docker system df  "Show docker disk usage" */
export const dfCommand: Command = {
  path: ['system', 'df'],
  async run(context) {
    const { flags, environment } = context;
    const format = flags.string('format');
    const usage = await (await context.api()).get<DiskUsage>('/system/df');
    const verbose = flags.bool('verbose');
    await context.out(verbose ? verboseDiskUsageText(format, usage, environment.clock.now()) : diskUsageText(format, usage));
  },
};
