/**
 * Says in Docker's words why a process could not start, and which exit code that counts as. What the OCI
 * runtime said is used where it matters and Docker has no better words.
 * Source: moby daemon/errors.go, setExitCodeFromError; runc 1.2.
 */
import { EngineError } from '../errors.ts';
import { StartError } from '../runtime/runtime.ts';

export interface StartProblem {
  error: EngineError;
  exitCode: number;
}

const cannotInvoke = 126;
const notFound = 127;
const unknownProblem = 128;

const createPrefix =
  'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ';
const execPrefix = 'OCI runtime exec failed: exec failed: unable to start container process: ';

/** A file onto a directory, or the other way round, mostly because it was made as one when it was missing. */
const mountHint =
  ': Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type';

/** @param what a container's first process, or one more in it */
export function startProblem(
  problem: unknown,
  what: 'container' | 'exec',
  process: { args: readonly string[]; cwd: string },
): StartProblem {
  if (problem instanceof EngineError) return { error: problem, exitCode: unknownProblem };
  if (!(problem instanceof StartError)) throw problem;
  const prefix = what === 'container' ? createPrefix : execPrefix;
  const command = JSON.stringify(process.args[0] ?? '');
  const invalid = (message: string, exitCode: number): StartProblem => ({
    error: new EngineError('invalid-parameter', `${prefix}${message}`, { cause: problem }),
    exitCode,
  });
  switch (problem.reason) {
    case 'executable-not-found': {
      const path = process.args[0] ?? '';
      const why = path.includes('/') ? `stat ${path}: no such file or directory` : 'executable file not found in $PATH';
      return invalid(`exec: ${command}: ${why}: unknown`, notFound);
    }
    case 'permission-denied':
      return invalid(`exec: ${command}: permission denied: unknown`, cannotInvoke);
    case 'is-a-directory':
      return invalid(`exec: ${command}: is a directory: unknown: permission denied`, cannotInvoke);
    case 'no-such-directory':
      return invalid(
        `chdir to cwd (${JSON.stringify(process.cwd)}) set in config.json failed: no such file or directory: unknown`,
        notFound,
      );
    case 'no-such-user':
      return invalid(`${problem.message}: unknown`, cannotInvoke);
    case 'mount':
    case 'no-space':
    case 'other': {
      const missing = /no such file or directory|not a directory/i.test(problem.message);
      const kind = missing ? 'invalid-parameter' : 'unknown';
      const hint = problem.reason === 'mount' && /not a directory/i.test(problem.message) ? mountHint : '';
      return {
        error: new EngineError(kind, `${prefix}${problem.message}: unknown${hint}`, { cause: problem }),
        exitCode: missing ? notFound : unknownProblem,
      };
    }
  }
}
