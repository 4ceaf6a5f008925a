/**
 * What a plain scalar is, by go-yaml v3's rules: YAML 1.2 with the octals (`0777`), the underscores and the dates of 1.1,
 * but not its `yes` and `no`.
 */
import { ComposeError } from '../compose-error.ts';
import { parseInteger } from '../../units/number.ts';
import { Timestamp, type ModelValue } from './model.ts';

const LONG_PREFIX = 'tag:yaml.org,2002:';
const RESOLVABLE = new Set(['', '!!str', '!!bool', '!!int', '!!float', '!!null', '!!timestamp']);

const NAMED = new Map<string, { tag: string; value: ModelValue }>();
const name = (tag: string, value: ModelValue, texts: string): void => {
  for (const text of texts.split(' ')) NAMED.set(text, { tag, value });
};
name('!!bool', true, 'true True TRUE');
name('!!bool', false, 'false False FALSE');
name('!!null', null, ' ~ null Null NULL');
name('!!float', NaN, '.nan .NaN .NAN');
name('!!float', Infinity, '.inf .Inf .INF +.inf +.Inf +.INF');
name('!!float', -Infinity, '-.inf -.Inf -.INF');
name('!!merge', '<<', '<<');

export function shortTag(tag: string): string {
  return tag.startsWith(LONG_PREFIX) ? `!!${tag.slice(LONG_PREFIX.length)}` : tag;
}

/**
 * The tag and the value of a scalar that is not quoted, or has a tag.
 *
 * @throws ComposeError when it cannot be what its tag says
 */
export function resolveScalar(tag: string, text: string): { tag: string; value: ModelValue } {
  if (!RESOLVABLE.has(tag) || tag === '!!str') return { tag, value: text };
  const found = plainValue(text, tag);
  if (tag === '' || tag === found.tag) return found;
  if (tag === '!!float' && found.tag === '!!int') return { tag, value: found.value };
  throw new ComposeError(`yaml: cannot decode ${found.tag} \`${text}\` as a ${tag}`, 15);
}

function plainValue(text: string, tag: string): { tag: string; value: ModelValue } {
  const named = NAMED.get(text);
  if (named) return named;
  if (text.startsWith('.')) {
    const value = /^\.\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    if (!Number.isNaN(value)) return { tag: '!!float', value };
  } else if (/^[-+\d]/.test(text)) {
    const number = (tag === '' || tag === '!!timestamp' ? timestamp(text) : undefined) ?? numberOf(text.replaceAll('_', ''));
    if (number instanceof Timestamp) return { tag: '!!timestamp', value: number };
    if (number) return number;
  }
  return { tag: '!!str', value: text };
}

function numberOf(text: string): { tag: string; value: number } | undefined {
  try {
    const value = parseInteger(text, 0, 65);
    if (value >= -(1n << 63n)) return { tag: '!!int', value: Number(value) };
  } catch {
    // No integer.
  }
  if (!/^[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? { tag: '!!float', value } : undefined;
}

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:([Tt])| )(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?)?$/;

function timestamp(text: string): Timestamp | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [, year, month, day, t, hours, minutes, seconds, fraction = '', zone] = match;
  // With a `T` there is a zone, with a blank there is none.
  if (hours !== undefined && (t !== undefined) !== (zone !== undefined)) return undefined;
  const parts = [Number(year), Number(month) - 1, Number(day), Number(hours ?? 0), Number(minutes ?? 0), Number(seconds ?? 0)] as const;
  const ms = Date.UTC(...parts, Number(`0${fraction}`) * 1000);
  const date = new Date(ms);
  const rolledOver = date.getUTCMonth() !== parts[1] || date.getUTCDate() !== parts[2] || parts[3] > 23 || parts[4] > 59 || parts[5] > 59;
  if (rolledOver) return undefined;
  const offset = zone && zone !== 'Z' ? (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))) * (zone.startsWith('-') ? -1 : 1) : 0;
  return new Timestamp(ms - offset * 60_000);
}
