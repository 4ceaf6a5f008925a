/**
 * Compares a recorded answer with ours. Ids are placeholders in the recording: each stands for one of ours, the
 * same every time. Gives every difference, so that a test can tell which of them it expects.
 */

export interface Difference {
  /** `/HostConfig/Memory`. */
  path: string;
  recorded: unknown;
  ours: unknown;
}

const placeholder = /<ID(\d+)(?::12)?>|<TS>/g;
const time = String.raw`(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC)`;

export class Ids {
  readonly #ours = new Map<string, string>();

  /** A recorded path or request body with our ids. Unknown ones are left. */
  fill(text: string): string {
    return text.replace(/<ID(\d+)(:12)?>/g, (whole, number: string, short?: string) => {
      const id = this.#ours.get(number);
      return id === undefined ? whole : short ? id.slice(0, 12) : id;
    });
  }

  /** Whether our text is the recorded one; learns ids that were not known. */
  matches(recorded: string, ours: string): boolean {
    const learned: string[] = [];
    let pattern = '';
    let from = 0;
    for (const match of recorded.matchAll(placeholder)) {
      pattern += escape(recorded.slice(from, match.index));
      from = match.index + match[0].length;
      const number = match[1];
      if (number === undefined) pattern += time.replace('(', '(?:');
      else if (match[0].includes(':')) pattern += `(?:${this.#ours.get(number)?.slice(0, 12) ?? '[0-9a-f]{12}'})`;
      else if (this.#ours.has(number)) pattern += this.#ours.get(number);
      else {
        pattern += '([0-9a-f]{64})';
        learned.push(number);
      }
    }
    const found = new RegExp(`^${pattern}${escape(recorded.slice(from))}$`, 's').exec(ours);
    if (!found) return false;
    for (const [i, number] of learned.entries()) this.#ours.set(number, found[i + 1] as string);
    return true;
  }
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

export function differences(recorded: unknown, ours: unknown, ids: Ids, path = ''): Difference[] {
  if (typeof recorded === 'string' && typeof ours === 'string') return ids.matches(recorded, ours) ? [] : [{ path, recorded, ours }];
  if (Array.isArray(recorded) && Array.isArray(ours)) {
    if (recorded.length !== ours.length) return [{ path, recorded, ours }];
    return recorded.flatMap((item, i) => differences(item, ours[i], ids, `${path}/${i}`));
  }
  if (isRecord(recorded) && isRecord(ours)) {
    const names = new Set(Object.keys(ours));
    const found: Difference[] = [];
    for (const [key, value] of Object.entries(recorded)) {
      const name = names.has(key) ? key : ([...names].find((other) => ids.matches(key, other)) ?? key);
      if (names.delete(name)) found.push(...differences(value, ours[name], ids, `${path}/${key}`));
      else found.push({ path: `${path}/${key}`, recorded: value, ours: undefined });
    }
    for (const name of names) found.push({ path: `${path}/${name}`, recorded: undefined, ours: ours[name] });
    return found;
  }
  return Object.is(recorded, ours) ? [] : [{ path, recorded, ours }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
