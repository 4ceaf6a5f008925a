/** Every `docker trust` command. But for looking and taking back, they are refused once their arguments are counted. */
import type { Command } from '../command.ts';
import { inspectCommand } from './inspect.ts';
import { refuse } from './refusal.ts';
import { revokeCommand } from './revoke.ts';

const REFUSED = [
  /** @cli  N  docker trust key generate  "Generate and load a signing key-pair" */
  ['trust', 'key', 'generate'],
  /** @cli  N  docker trust key load  "Load a private key file for signing" */
  ['trust', 'key', 'load'],
  /** @cli  N  docker trust sign  "Sign an image" */
  ['trust', 'sign'],
  /** @cli  N  docker trust signer add  "Add a signer" */
  ['trust', 'signer', 'add'],
  /** @cli  N  docker trust signer remove  "Remove a signer" */
  ['trust', 'signer', 'remove'],
];

export const trustCommands: Command[] = [inspectCommand, revokeCommand, ...REFUSED.map((path) => ({ path, run: async () => refuse() }))];
