/**
 * `docker run`, in Docker's order: create (and pull where the image is missing), attach, wait, start,
 * resize, pump, exit code. Attach and wait come before start so that nothing is missed.
 * Source: docker/cli cli/command/container/run.go.
 */
import type { ApiClient } from '#engine/api/client.ts';
import type { Command, CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { DetachError } from '../stream/hijacked-stream.ts';
import { attachContainer, checkTty, followTerminalSize, proxiedFailure, proxySignals, type Attachment } from './attach-streams.ts';
import { containerPath } from './container-path.ts';
import { checkPullChoice, createContainer, refuseWindowsFlags } from './create-container.ts';
import { createFlags } from './create-flags.ts';
import { createRequest, type FullCreateRequest } from './create-request.ts';
import { addProxies } from './proxy-environment.ts';
import { waitForExit, type ExitWait } from './wait-exit.ts';
import { startFailure, withHelp } from './with-help.ts';

/** @cli  Y  docker container run  "Create and run a new container from an image" */
export const runCommand: Command = {
  path: ['container', 'run'],
  flags: createFlags,
  async run(context) {
    refuseWindowsFlags(context.flags);
    const request = await requestOf(context);
    const { flags } = context;
    if (!flags.bool('detach')) checkTty(context, request.AttachStdin, request.Tty);
    else if (flags.list('attach').length > 0) throw new ExitError(1, 'conflicting options: cannot specify both --attach and --detach');
    else detach(request);

    const id = await createContainer(context, request).catch((error: unknown) => {
      throw startFailure(error);
    });
    const stopProxy = flags.bool('sig-proxy') ? await proxySignals(context, id) : () => {};
    try {
      return await runContainer(context, id, request);
    } catch (error) {
      throw flags.bool('sig-proxy') ? proxiedFailure(error) : error;
    } finally {
      stopProxy();
    }
  },
};

async function requestOf(context: CommandContext): Promise<FullCreateRequest> {
  try {
    checkPullChoice(context.flags.string('pull'));
    // Docker's client asks the daemon for its system before it looks at the flags.
    await context.api();
    return await createRequest(context.environment, context.flags, (env) => addProxies(context, env));
  } catch (error) {
    throw withHelp(error, 'run');
  }
}

function detach(request: FullCreateRequest): void {
  request.AttachStdin = false;
  request.AttachStdout = false;
  request.AttachStderr = false;
  request.StdinOnce = false;
}

/** What of a request says how a container is attached to. */
export type AttachedRequest = Pick<FullCreateRequest, 'AttachStdin' | 'AttachStdout' | 'AttachStderr' | 'Tty'> & {
  HostConfig: Pick<FullCreateRequest['HostConfig'], 'AutoRemove'>;
};

/** Starts a container that is there and stays with it. @returns its exit code */
export async function runContainer(context: CommandContext, id: string, request: AttachedRequest): Promise<number> {
  const api = await context.api();
  const attached = request.AttachStdin || request.AttachStdout || request.AttachStderr;
  // The id may be read while something is already written to the container.
  const printed = attached ? undefined : context.out(`${id}\n`);
  const attachment = attached
    ? await attachContainer(context, {
        container: id,
        stdin: request.AttachStdin,
        stdout: request.AttachStdout,
        stderr: request.AttachStderr,
        tty: request.Tty,
      })
    : undefined;
  const wait = await waitForExit(context.environment, api, id, request.HostConfig.AutoRemove ? 'removed' : 'next-exit');
  try {
    await start(api, id, attachment, wait, request.HostConfig.AutoRemove);
    await printed;
    if (!attachment) return 0;
    const stopResizing = await followTerminalSize(context, id, request.Tty);
    try {
      return await follow(attachment, wait, request.AttachStdout || request.AttachStderr);
    } finally {
      stopResizing();
    }
  } finally {
    attachment?.close();
    wait.cancel();
  }
}

async function start(api: ApiClient, id: string, attachment: Attachment | undefined, wait: ExitWait, autoRemove: boolean): Promise<void> {
  try {
    await api.post(containerPath(id, 'start'));
  } catch (error) {
    // The terminal is back to normal before anything is printed, and with --rm the container is gone.
    attachment?.stop();
    await attachment?.done.catch(() => {});
    if (autoRemove) await wait.status;
    throw startFailure(error);
  }
}

/** Waits for the end of the output and of the container, whichever is first. */
async function follow(attachment: Attachment, wait: ExitWait, hasOutput: boolean): Promise<number> {
  const first = await Promise.race([
    attachment.done.then(
      () => 'streams' as const,
      (error: unknown) => ({ error }),
    ),
    wait.status.then(() => 'exit' as const),
  ]);
  if (first === 'exit') {
    // Output may still be on its way, unless nothing of it is asked for.
    if (!hasOutput) attachment.stop();
    await attachment.done.catch(() => {});
  } else if (first !== 'streams') {
    if (first.error instanceof DetachError) return 0;
    throw first.error;
  }
  return wait.status;
}
