/** Signatures of images, which Docker looks up at a notary server. There is none within reach. */
import { refuse } from '../trust/refusal.ts';
import type { ParsedFlags } from '../flags/parse.ts';

/** @throws ExitError when signatures are asked for */
export function refuseContentTrust(flags: ParsedFlags): void {
  if (!flags.bool('disable-content-trust')) refuse();
}
