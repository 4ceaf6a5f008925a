/**
 * Runs another command in a running container.
 * Source: docker/cli cli/command/container/exec.go.
 */
import type { ApiClient } from '#engine/api/client.ts';
import type { CreateExecRequest, CreateExecResponse, ExecInspect, StartExecRequest } from '#engine/api/types/exec.ts';
import type { Command, CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { readKeyValues } from '../options/key-value-file.ts';
import { streamHijacked } from '../stream/hijacked-stream.ts';
import { takeOver } from '../stream/take-over.ts';
import { monitorTerminalSize } from '../stream/terminal-size.ts';
import { checkTty, detachKeysOf, streamsOf } from './attach-streams.ts';
import { containerPath } from './container-path.ts';
import { environmentFlag } from './create-flags.ts';
import { consoleSize } from './create-request.ts';
import { writeLog } from './log-line.ts';

/** @cli  Y  docker container exec  "Execute a command in a running container" */
export const execCommand: Command = {
  path: ['container', 'exec'],
  flags: (environment) => ({ env: environmentFlag(environment.env) }),
  async run(context) {
    return runExec(context, context.args[0]!, await execRequest(context));
  },
};

/**
 * Runs a command in a container to its end, and gives its exit status.
 *
 * @throws ExitError
 */
export async function runExec(context: CommandContext, container: string, request: CreateExecRequest): Promise<number | void> {
  const api = await context.api();
  // An exec once made cannot be taken back, so everything is checked before; a missing container first of all.
  await api.get(containerPath(container, 'json'));
  const { AttachStdin = false, Tty = false, Detach = false } = request;
  if (!Detach) checkTty(context, AttachStdin, Tty);
  const size = Tty ? { ConsoleSize: consoleSize(context.environment) } : {};
  const { Id: id } = await api.post<CreateExecResponse>(containerPath(container, 'exec'), { json: { ...request, ...size } });
  if (!id) throw new ExitError(1, 'exec ID empty');

  const start: StartExecRequest = { Detach, Tty, ...size };
  if (Detach) return api.post(`/exec/${id}/start`, { json: start });
  await follow(context, api, id, request, start);
  return (await api.get<ExecInspect>(`/exec/${id}/json`)).ExitCode ?? 0;
}

async function execRequest(context: CommandContext): Promise<CreateExecRequest> {
  const { flags, environment } = context;
  const detached = flags.bool('detach');
  const env = await readKeyValues(environment.files, flags.list('env-file'), flags.list('env'), (name) => environment.env[name]);
  return {
    User: flags.string('user'),
    Privileged: flags.bool('privileged'),
    Tty: flags.bool('tty'),
    AttachStdin: !detached && flags.bool('interactive'),
    AttachStderr: !detached,
    AttachStdout: !detached,
    Detach: detached,
    DetachKeys: await detachKeysOf(context),
    Env: env.length > 0 ? env : null,
    WorkingDir: flags.string('workdir'),
    Cmd: context.args.slice(1),
  };
}

async function follow(
  context: CommandContext,
  api: ApiClient,
  id: string,
  request: CreateExecRequest,
  start: StartExecRequest,
): Promise<void> {
  const { environment } = context;
  const { Tty: tty = false, AttachStdin: stdin = false, DetachKeys: detachKeys = '' } = request;
  const { connection, close } = await takeOver(api, `/exec/${id}/start`, { json: start });
  let stopResizing = (): void => {};
  try {
    const { input, output, errors } = streamsOf(context, { stdin, stdout: true, stderr: true, tty });
    const stream = await streamHijacked({
      connection,
      input,
      output,
      errors,
      tty,
      detachKeys,
      warn: (message) => writeLog(environment, 'warning', message),
    });
    if (tty && environment.stdin.isTerminal) {
      stopResizing = await monitorTerminalSize(environment, (rows, columns) =>
        api.post(`/exec/${id}/resize`, { query: { h: rows, w: columns } }),
      );
    }
    await stream.done;
  } finally {
    stopResizing();
    close();
  }
}
