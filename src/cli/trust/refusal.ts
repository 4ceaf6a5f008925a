/** Why nothing is signed here. */
import { ExitError } from '../exit-error.ts';

export function refuse(): never {
  throw new ExitError(1, 'content trust is not available: there is no notary server to ask');
}
