/** Starts stopped containers, or one and attaches to it. */
import type { ContainerInspect } from '#engine/api/types/container.ts';
import type { Command, CommandContext } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import { DetachError } from '../stream/hijacked-stream.ts';
import { attachContainer, followTerminalSize, proxiedFailure, proxySignals } from './attach-streams.ts';
import { containerPath } from './container-path.ts';
import { waitForExit } from './wait-exit.ts';

/** @cli  P[no checkpoints]  docker container start  "Start one or more stopped containers" */
export const startCommand: Command = {
  path: ['container', 'start'],
  async run(context) {
    const { flags, args } = context;
    refuseExperimental(flags);
    if (flags.bool('attach') || flags.bool('interactive')) {
      if (args.length > 1) throw new ExitError(1, 'you cannot start and attach multiple containers at once');
      return startAttached(context, args[0]!);
    }
    return startAll(context, args);
  },
};

/** Checkpoints are for daemons with experimental features, which ours is not. */
function refuseExperimental(flags: ParsedFlags): void {
  const given = ['checkpoint', 'checkpoint-dir'].filter((flag) => flags.changed(flag));
  const line = (flag: string): string => `"--${flag}" is only supported on a Docker daemon with experimental features enabled`;
  if (given.length > 0) throw new ExitError(1, given.map(line).join('\n'));
}

async function startAll(context: CommandContext, names: readonly string[]): Promise<void> {
  const failed: string[] = [];
  for (const name of names) {
    try {
      await (await context.api()).post(containerPath(name, 'start'));
      await context.out(`${name}\n`);
    } catch (error) {
      await context.err(`${errorLine(error)}\n`);
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new ExitError(1, `Error: failed to start containers: ${failed.join(', ')}`);
}

async function startAttached(context: CommandContext, name: string): Promise<number> {
  const api = await context.api();
  const { Id: id, Config, HostConfig } = await api.get<ContainerInspect>(containerPath(name, 'json'));
  const stopProxy = Config.Tty ? () => {} : await proxySignals(context, id);
  const stdin = context.flags.bool('interactive') && Config.OpenStdin;
  const attachment = await attachContainer(context, { container: id, stdin, stdout: true, stderr: true, tty: Config.Tty });
  const wait = await waitForExit(context.environment, api, id, HostConfig.AutoRemove ? 'removed' : 'next-exit');
  let stopResizing = (): void => {};
  try {
    try {
      await api.post(containerPath(id, 'start'));
    } catch (error) {
      attachment.stop();
      await attachment.done.catch(() => {});
      if (HostConfig.AutoRemove) await wait.status;
      throw error;
    }
    stopResizing = await followTerminalSize(context, id, Config.Tty);
    await attachment.done;
    return await wait.status;
  } catch (error) {
    if (error instanceof DetachError) return 0;
    throw Config.Tty ? error : proxiedFailure(error);
  } finally {
    stopResizing();
    stopProxy();
    attachment.close();
    wait.cancel();
  }
}
