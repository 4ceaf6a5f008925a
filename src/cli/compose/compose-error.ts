/** What is wrong with a project, in Compose's words. */
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
