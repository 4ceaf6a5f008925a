/** The syntax of `--restart`: `<policy>[:<maximum retry count>]`. Source: docker/cli opts/parse.go. */

import type { RestartPolicy } from '#engine/api/types/container.ts';

/**
 * Whether the policy exists is the daemon's to say.
 *
 * @throws Error with Docker's words
 */
export function parseRestartPolicy(policy: string): RestartPolicy {
  if (policy === '') return { Name: '', MaximumRetryCount: 0 };
  const colon = policy.indexOf(':');
  const name = colon < 0 ? policy : policy.slice(0, colon);
  const count = colon < 0 ? '' : policy.slice(colon + 1);
  if (name === '') throw new Error('invalid restart policy format: no policy provided before colon');
  if (count !== '' && !/^[+-]?\d+$/.test(count)) throw new Error('invalid restart policy format: maximum retry count must be an integer');
  return { Name: name, MaximumRetryCount: Number(count) };
}
