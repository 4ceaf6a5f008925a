/**
 * What a flag's text means, by the type that help prints for it. Types with a grammar of their own
 * (ulimits, filters, mounts) live in `options/`.
 */
import { parseCpus } from '../options/cpus.ts';
import { csvFields } from '../options/csv.ts';
import { parseFilter, type Filters } from '../options/filter.ts';
import { parseMount, type MountOption } from '../options/mount.ts';
import { parseNetworkAttachment, type NetworkAttachment } from '../options/network.ts';
import { parseUlimit, type Ulimit } from '../options/ulimit.ts';
import { parseDuration } from '#engine/go-duration.ts';
import { parseBool, parseFloat64, parseInteger, parseUnsigned } from '../units/number.ts';
import { parseRamSize } from '../units/size.ts';
import type { FlagDeclaration, FlagSyntax } from './declaration.ts';

/** The meaning of a flag's type, with its default. Unknown types are plain strings or, when repeatable, lists. */
export function syntaxOf(flag: FlagDeclaration): FlagSyntax {
  const make = SYNTAXES[flag.type];
  return make ? make(flag.defaultText) : scalar('', (text) => text);
}

/** A flag of which the last occurrence counts. */
export function scalar<T>(initial: T, parse: (text: string) => T): FlagSyntax {
  return { initial, set: (_current, text) => parse(text) } satisfies FlagSyntax;
}

/** `--mount`; a relative source is taken from the working directory. */
export function mountFlag(cwd: string): FlagSyntax {
  return { initial: [], set: (current, text) => [...(current as MountOption[]), parseMount(text, cwd)] };
}

/** A repeatable flag whose values are checked, or changed, one by one. */
export function listOf(check: (text: string) => string = (text) => text): FlagSyntax {
  return { initial: [], set: (current, text) => [...(current as string[]), check(text)] };
}

const list = (): FlagSyntax => listOf();

const SYNTAXES: Record<string, (defaultText: string) => FlagSyntax> = {
  bool: (text) => ({ ...scalar(text === 'true', parseBool), bare: 'true' }),
  string: (text) => scalar(text.replace(/^"(.*)"$/, '$1'), (value) => value),
  int: (text) => scalar(Number(text), (value) => Number(parseInteger(value))),
  uint: (text) => scalar(Number(text), (value) => Number(parseUnsigned(value))),
  uint16: (text) => scalar(Number(text), (value) => Number(parseUnsigned(value, 0, 16))),
  uint32: (text) => scalar(Number(text), (value) => Number(parseUnsigned(value, 0, 32))),
  float: (text) => scalar(Number(text), parseFloat64),
  bytes: () => scalar(0, parseRamSize),
  decimal: () => scalar(0, parseCpus),
  duration: (text) => scalar(text === '' ? 0 : nanoseconds(text), nanoseconds),
  list,
  stringArray: list,
  port: list,
  strings: () => ({
    initial: [],
    set: (current, text, changed) => [...(changed ? (current as string[]) : []), ...(text === '' ? [] : csvFields(text))],
  }),
  map: () => ({
    initial: {},
    set: (current, text) => {
      const equals = text.indexOf('=');
      const [key, value] = equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
      return { ...(current as Record<string, string>), [key]: value };
    },
  }),
  stringToString: () => ({
    initial: undefined,
    set: (current, text) => ({ ...(current as Record<string, string> | undefined), ...pairsOf(text) }),
  }),
  mount: () => mountFlag('/'),
  network: () => ({
    initial: [],
    set: (current, text) => [...(current as NetworkAttachment[]), parseNetworkAttachment(text)],
  }),
  filter: () => ({ initial: {}, set: (current, text) => parseFilter(current as Filters, text) }),
  ulimit: () => ({
    initial: [],
    set: (current, text) => {
      const limit = parseUlimit(text);
      return [...(current as Ulimit[]).filter((other) => other.Name !== limit.Name), limit];
    },
  }),
};

/** pflag's `key=value,key=value`; with a single pair, a comma is the value's. */
function pairsOf(text: string): Record<string, string> {
  const count = text.split('=').length - 1;
  if (count === 0) throw new Error(`${text} must be formatted as key=value`);
  const pairs = count === 1 ? [text.replace(/^"+|"+$/g, '')] : csvFields(text);
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 0) throw new Error(`${pair} must be formatted as key=value`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

function nanoseconds(text: string): number {
  return Number(parseDuration(text));
}
