/**
 * Attaches to a running container, and ends with its exit code.
 * Source: docker/cli cli/command/container/attach.go.
 */
import type { ApiClient } from '#engine/api/client.ts';
import type { ContainerInspect, ContainerWait } from '#engine/api/types/container.ts';
import type { Command, CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { attachContainer, checkTty, followTerminalSize, proxiedFailure, proxySignals } from './attach-streams.ts';
import { containerPath } from './container-path.ts';

/** @cli  Y  docker container attach  "Attach local standard input, output, and error streams to a running container" */
export const attachCommand: Command = {
  path: ['container', 'attach'],
  async run(context) {
    return attachTo(context, context.args[0]!);
  },
};

/** Attaches as the command's flags say, until the container ends. @returns its exit code */
export async function attachTo(context: CommandContext, name: string): Promise<number> {
  const api = await context.api();
  // Asked for first, so that the end is not missed.
  const wait = await beginWait(api, name);
  try {
    return await attach(context, api, name, wait);
  } finally {
    wait.cancel();
  }
}

async function attach(context: CommandContext, api: ApiClient, name: string, wait: Wait): Promise<number> {
  const { Config } = await inspectRunning(api, name);
  const noStdin = context.flags.bool('no-stdin');
  checkTty(context, !noStdin, Config.Tty);
  const proxied = context.flags.bool('sig-proxy') && !Config.Tty;
  const stopProxy = proxied ? await proxySignals(context, name) : () => {};
  const attachment = await attachContainer(context, {
    container: name,
    stdin: !noStdin && Config.OpenStdin,
    stdout: true,
    stderr: true,
    tty: Config.Tty,
  });
  let stopResizing = (): void => {};
  try {
    // It may have ended since: then nothing would end the streams.
    await inspectRunning(api, name);
    await redraw(context, api, name, Config.Tty);
    stopResizing = await followTerminalSize(context, name, Config.Tty);
    await attachment.done;
  } catch (error) {
    throw proxied ? proxiedFailure(error) : error;
  } finally {
    stopResizing();
    stopProxy();
    attachment.stop();
    await attachment.done.catch(() => {});
    attachment.close();
  }
  const { Error: failure, StatusCode } = await wait.answer;
  if (failure) throw new ExitError(1, failure.Message);
  return StatusCode;
}

interface Wait {
  answer: Promise<ContainerWait>;
  cancel(): void;
}

/** A failure shows when the answer is asked for. */
async function beginWait(api: ApiClient, name: string): Promise<Wait> {
  try {
    const messages = await api.messages<ContainerWait>(containerPath(name, 'wait'), { method: 'POST' });
    const answers = messages[Symbol.asyncIterator]();
    const answer = answers.next().then(({ done, value }) => {
      if (done) throw new ExitError(1, 'EOF');
      return value;
    });
    answer.catch(() => {});
    return { answer, cancel: () => void answers.return?.()?.catch(() => {}) };
  } catch (error) {
    const answer = Promise.reject(error as Error);
    answer.catch(() => {});
    return { answer, cancel: () => {} };
  }
}

async function inspectRunning(api: ApiClient, name: string): Promise<ContainerInspect> {
  const container = await api.get<ContainerInspect>(containerPath(name, 'json'));
  const { Running, Paused, Restarting } = container.State;
  if (!Running) throw new ExitError(1, 'You cannot attach to a stopped container, start it first');
  if (Paused) throw new ExitError(1, 'You cannot attach to a paused container, unpause it first');
  if (Restarting) throw new ExitError(1, 'You cannot attach to a restarting container, wait until it is running');
  return container;
}

/** A shell shows its prompt again only when its terminal changes size: one larger, then back. */
async function redraw(context: CommandContext, api: ApiClient, name: string, tty: boolean): Promise<void> {
  const size = context.environment.stdout.size();
  if (!tty || !context.environment.stdout.isTerminal || !size) return;
  await api.post(containerPath(name, 'resize'), { query: { h: size.rows + 1, w: size.columns + 1 } }).catch(() => {});
}
