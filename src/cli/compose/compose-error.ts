/** What is wrong with a project, in Compose's words. */
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';

/** Compose's status for flags and words that it does not know. */
export const SYNTAX_FAILURE = 16;

export class ComposeError extends ExitError {
  override readonly name = 'ComposeError';

  /** @param status 1, or Compose's own for a kind of failure: 14 a missing file, 15 a wrong one */
  constructor(message: string, status = 1) {
    super(status, message);
  }
}

const CANCELED_STATUS = 130;

/** What a signal has ended. */
export function canceled(): ComposeError {
  return new ComposeError('canceled', CANCELED_STATUS);
}

/** Failures of work that went on side by side, told together; the first with a status of Compose's own says which it is. */
export function severalErrors(failures: readonly unknown[]): ComposeError {
  const title = failures.length === 1 ? '1 error occurred' : `${failures.length} errors occurred`;
  const lines = failures.map((failure) => `\n\t* ${errorLine(failure)}`);
  const own = failures.find((failure) => failure instanceof ComposeError && failure.status !== 1);
  return new ComposeError(`${title}:${lines.join('')}\n\n`, own instanceof ComposeError ? own.status : 1);
}
