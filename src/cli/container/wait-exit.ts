/**
 * The exit code of a container that is about to run: asked for before it starts, so that its end is not
 * missed, and answered when it has ended or, with `--rm`, is gone.
 * Source: docker/cli cli/command/container/utils.go, waitExitOrRemoved.
 */
import type { ApiClient } from '#engine/api/client.ts';
import type { ContainerWait } from '#engine/api/types/container.ts';
import type { CliEnvironment } from '../environment.ts';
import { errorLine } from '../error-line.ts';
import { containerPath } from './container-path.ts';
import { writeLog } from './log-line.ts';

export interface ExitWait {
  /** The container's exit code; 125, with a line in the client's log, when the daemon cannot say. */
  readonly status: Promise<number>;
  /** Asks no more. `status` never settles then. */
  cancel(): void;
}

/** Resolves once the daemon has taken the request. */
export async function waitForExit(
  environment: CliEnvironment,
  api: ApiClient,
  id: string,
  condition: 'next-exit' | 'removed',
): Promise<ExitWait> {
  let cancelled = false;
  const fail = async (message: string): Promise<number> => {
    // Never settles: nobody asks any more.
    if (cancelled) return new Promise(() => {});
    await writeLog(environment, 'error', message);
    return 125;
  };
  let answers: AsyncIterator<ContainerWait>;
  try {
    const messages = await api.messages<ContainerWait>(containerPath(id, 'wait'), { method: 'POST', query: { condition } });
    answers = messages[Symbol.asyncIterator]();
  } catch (error) {
    return { status: fail(`error waiting for container: ${errorLine(error)}`), cancel: () => {} };
  }
  const read = async (): Promise<number> => {
    const { done, value } = await answers.next();
    if (done) return fail('error waiting for container: EOF');
    if (value.Error) return fail(`Error waiting for container: ${value.Error.Message}`);
    return value.StatusCode;
  };
  return {
    status: read().catch((error: unknown) => fail(`error waiting for container: ${errorLine(error)}`)),
    cancel: () => {
      cancelled = true;
      void answers.return?.()?.catch(() => {});
    },
  };
}
