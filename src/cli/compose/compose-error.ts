/** What is wrong with a project, in Compose's words; the command prints it and exits with `status`. */
export class ComposeError extends Error {
  override readonly name = 'ComposeError';

  constructor(
    message: string,
    /** 1, or Compose's own for a kind of failure: 14 a missing file, 15 a wrong one. */
    readonly status = 1,
  ) {
    super(message);
  }
}
