/**
 * What a failure looks like on standard error. Programmer's errors are not for the person: they go on to
 * whoever reports them.
 */
import { AssertionError } from '#engine/assert.ts';
import { ApiError } from '#engine/api/client.ts';
import { messageOf } from '#engine/errors.ts';

/** @throws the error itself when it is a programmer's */
export function errorLine(error: unknown): string {
  if (error instanceof AssertionError || error instanceof TypeError || error instanceof RangeError) throw error;
  return error instanceof ApiError ? `Error response from daemon: ${error.message}` : messageOf(error);
}
