/**
 * How `docker run` and `docker create` report what kept the container from coming to be: with a hint at
 * their help, and an exit status that tells a failing daemon from a failing command.
 * Source: docker/cli cli/command/container/run.go, withHelp and toStatusError.
 */
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';

/** For what the client refuses itself: 125. */
export function withHelp(error: unknown, verb: 'run' | 'create', status = 125): ExitError {
  return new ExitError(status, `docker: ${errorLine(error)}\n\nRun 'docker ${verb} --help' for more information`, { cause: error });
}

/**
 * For what the daemon answered to `docker run`: 127 when the container's command was not found, 126 when
 * it cannot be executed, else 125. The answer carries no more than its words, so they decide, as they do
 * in Docker's client.
 */
export function startFailure(error: unknown): ExitError {
  const line = errorLine(error);
  if (/executable file not found|no such file or directory|system cannot find the file specified/.test(line))
    return withHelp(error, 'run', 127);
  if (/permission denied|is a directory/.test(line)) return withHelp(error, 'run', 126);
  return withHelp(error, 'run', 125);
}
