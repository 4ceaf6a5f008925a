/** Starts stopped containers, or one and attaches to it. */
import type { ContainerInspect } from '#engine/api/types/container.ts';
import type { Command, CommandContext } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import { DetachError } from '../stream/hijacked-stream.ts';
import { attachContainer, followTerminalSize, proxySignals } from './attach-streams.ts';
import { containerPath } from './container-path.ts';
import { waitForExit } from './wait-exit.ts';

/** @cli  P[no checkpoints]  docker container start  "Start one or more stopped containers" */
export const startCommand: Command = {
  path: ['container', 'start'],
  async run(context) {
    const { flags, args } = context;
    if (flags.bool('attach') || flags.bool('interactive')) {
      if (args.length > 1) throw new ExitError(1, 'you cannot start and attach multiple containers at once');
      return startAttached(context, args[0]!);
    }
    if (flags.string('checkpoint') !== '') {
      if (args.length > 1) throw new ExitError(1, 'you cannot restore multiple containers at once');
      const query = { checkpoint: flags.string('checkpoint'), 'checkpoint-dir': flags.string('checkpoint-dir') || undefined };
      return (await context.api()).post(containerPath(args[0]!, 'start'), { query });
    }
    return startAll(context, args);
  },
};

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
    throw error;
  } finally {
    stopResizing();
    stopProxy();
    attachment.close();
    wait.cancel();
  }
}
