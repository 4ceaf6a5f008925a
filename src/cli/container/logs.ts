/** Shows what a container's process has printed. */
import type { ContainerInspect } from '#engine/api/types/container.ts';
import { messageOf } from '#engine/errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { parseTime } from '../options/time.ts';
import { copyAll, copyFrames } from '../stream/stdcopy.ts';
import { containerPath } from './container-path.ts';

/** @cli  Y  docker container logs  "Fetch the logs of a container" */
export const logsCommand: Command = {
  path: ['container', 'logs'],
  async run(context) {
    const { flags, environment } = context;
    const api = await context.api();
    const { Id: id, Config } = await api.get<ContainerInspect>(containerPath(context.args[0]!, 'json'));
    const query = {
      stdout: 1,
      stderr: 1,
      since: timeOf(context, 'since'),
      until: timeOf(context, 'until'),
      timestamps: flags.bool('timestamps') ? 1 : undefined,
      details: flags.bool('details') ? 1 : undefined,
      follow: flags.bool('follow') ? 1 : undefined,
      tail: flags.string('tail'),
    };
    const { chunks } = await api.stream(containerPath(id, 'logs'), { query });
    if (Config.Tty) await copyAll(chunks, environment.stdout);
    else await copyFrames(chunks, environment.stdout, environment.stderr);
  },
};

function timeOf(context: CommandContext, flag: 'since' | 'until'): string | undefined {
  const text = context.flags.string(flag);
  if (text === '') return undefined;
  try {
    return parseTime(text, context.environment.clock.now());
  } catch (error) {
    throw new ExitError(1, `invalid value for "${flag}": ${messageOf(error)}`, { cause: error });
  }
}
