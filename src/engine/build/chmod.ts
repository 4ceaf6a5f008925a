/**
 * `--chmod`: octal, or changes as chmod(1) takes them (`u=rwX,go=rX`).
 * Source: POSIX chmod, EXTENDED DESCRIPTION; Dockerfile reference, COPY --chmod.
 */
import { EngineError } from '../errors.ts';

const who: Record<string, number> = { u: 0o700, g: 0o070, o: 0o007, a: 0o777 };
const permissions: Record<string, number> = { r: 0o444, w: 0o222, x: 0o111 };

/** @throws EngineError `invalid-parameter` */
export function applyChmod(change: number | string, mode: number, isDirectory: boolean): number {
  if (typeof change === 'number') return change & 0o7777;
  let result = mode;
  for (const clause of change.split(',')) {
    const [, users = '', actions = ''] = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause) ?? [];
    if (actions === '')
      throw new EngineError('invalid-parameter', `invalid chmod parameter: '${change}'. it should be octal string and between 0 and 07777`);
    const mask = [...(users || 'a')].reduce((bits, user) => bits | who[user]!, 0);
    for (const [, operator, given = ''] of actions.matchAll(/([-+=])([rwxXst]*|[ugo])/g)) {
      const bits = bitsOf(given, { mode: result, mask, isDirectory, users });
      if (operator === '+') result |= bits;
      else if (operator === '-') result &= ~bits;
      else result = (result & ~mask & ~specialOf(users)) | bits;
    }
  }
  return result;
}

interface Given {
  mode: number;
  mask: number;
  isDirectory: boolean;
  users: string;
}

function bitsOf(given: string, { mode, mask, isDirectory, users }: Given): number {
  if (/^[ugo]$/.test(given)) {
    const shift = { u: 6, g: 3, o: 0 }[given as 'u' | 'g' | 'o'];
    const triple = (mode >> shift) & 7;
    return (triple * 0o111) & mask;
  }
  let bits = 0;
  for (const letter of given) {
    if (letter === 's') bits |= specialOf(users) & 0o6000;
    else if (letter === 't') bits |= 0o1000;
    else if (letter === 'X') bits |= isDirectory || (mode & 0o111) !== 0 ? 0o111 & mask : 0;
    else bits |= permissions[letter]! & mask;
  }
  return bits;
}

/** Set-user-id and set-group-id, as far as they belong to these users. */
function specialOf(users: string): number {
  const all = users === '' || users.includes('a');
  return (all || users.includes('u') ? 0o4000 : 0) | (all || users.includes('g') ? 0o2000 : 0);
}
