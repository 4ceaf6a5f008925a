/** Texts that JSON carries as base64, since they are bytes in BuildKit. */
import { fromBase64 } from '#engine/base64.ts';
import { messageOf } from '#engine/errors.ts';

/** @throws Error for what is no base64: the daemon is not to be trusted with that */
export function bytesFromBase64(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch (error) {
    throw new Error(`unexpected answer of the daemon: ${messageOf(error)}`, { cause: error });
  }
}

export function textOf(text: string | undefined): string {
  return new TextDecoder().decode(bytesFromBase64(text ?? ''));
}
