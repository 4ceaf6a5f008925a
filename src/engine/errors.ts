/**
 * Operating errors: what can go wrong while the engine does as it was told. The kinds are those of
 * moby's errdefs; `api/router.ts` maps each to an HTTP status. Messages are Docker's, word for word.
 * Programmer errors are `assert`ed instead (assert.ts).
 */

export type ErrorKind =
  | 'not-found'
  | 'invalid-parameter'
  | 'conflict'
  | 'unauthorized'
  | 'forbidden'
  | 'unavailable'
  | 'not-modified'
  | 'not-implemented'
  | 'system'
  | 'cancelled'
  | 'deadline'
  | 'data-loss'
  | 'unknown';

export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly kind: ErrorKind,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
