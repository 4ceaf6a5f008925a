/** Signatures of images, which Docker looks up at a notary server. There is none within reach. */
import { refuse } from '../trust/refusal.ts';
import type { ParsedFlags } from '../flags/parse.ts';

/**
 * @flag  P[true only: there is no notary server]  docker container run, docker container create, docker image build, docker image pull, docker image push  --disable-content-trust
 * @flag  P[true only: there is no notary server]  docker plugin install, docker plugin push, docker plugin upgrade  --disable-content-trust
 * @throws ExitError when signatures are asked for
 */
export function refuseContentTrust(flags: ParsedFlags): void {
  if (!flags.bool('disable-content-trust')) refuse();
}
