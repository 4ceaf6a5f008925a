/** Checks what must hold by construction. A failure is a bug in Drydock, never a user's mistake. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

export function assert(condition: unknown, shouldHold: string): asserts condition {
  if (!condition) throw new AssertionError(`assertion failed: ${shouldHold}`);
}

/** Marks a branch that the types rule out. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
