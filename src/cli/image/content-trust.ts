/** Signatures of images, which Docker looks up at a notary server. There is none within reach. */
import type { ParsedFlags } from '../flags/parse.ts';

/** @throws Error when signatures are asked for */
export function refuseContentTrust(flags: ParsedFlags): void {
  if (!flags.bool('disable-content-trust')) throw new Error('content trust is not available: there is no notary server to ask');
}
