/**
 * The one way in which a command ends early. `cli.ts` prints the message (if any) on standard error and
 * exits with the status.
 */
export class ExitError extends Error {
  override readonly name: string = 'ExitError';

  constructor(
    readonly status: number,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
