/** Every `docker trust` command. But for looking and taking back, they are refused once their arguments are counted. */
import type { Command } from '../command.ts';
import { inspectCommand } from './inspect.ts';
import { refuse } from './refusal.ts';
import { revokeCommand } from './revoke.ts';

const REFUSED = [
  /** @cli  N[there is no notary server]  docker trust key generate  "Generate and load a signing key-pair" */
  ['trust', 'key', 'generate'],
  /** @cli  N[there is no notary server]  docker trust key load  "Load a private key file for signing" */
  ['trust', 'key', 'load'],
  /** @cli  N[there is no notary server]  docker trust sign  "Sign an image" */
  ['trust', 'sign'],
  /** @cli  N[there is no notary server]  docker trust signer add  "Add a signer" */
  ['trust', 'signer', 'add'],
  /** @cli  N[there is no notary server]  docker trust signer remove  "Remove a signer" */
  ['trust', 'signer', 'remove'],
];

export const trustCommands: Command[] = [inspectCommand, revokeCommand, ...REFUSED.map((path) => ({ path, run: async () => refuse() }))];
