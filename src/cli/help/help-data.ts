/**
 * What Docker 28.2.2 says about each of its 188 commands: the one source of the help texts and of the
 * flags that the parser knows. `help.json` was taken from the program's own `--help`; an entry that is the
 * same command under a second name (`docker ps`) only points to the first. `buildx.json` has the same of buildx 0.25.0,
 * the plugin that builds, and
 * `compose.json` of Compose 2.26.1. `scout.json` describes what `docker scout` is here, in words of our own.
 */
import type { FlagDeclaration } from '../flags/declaration.ts';
import buildx from './buildx.json' with { type: 'json' };
import compose from './compose.json' with { type: 'json' };
import data from './help.json' with { type: 'json' };
import scout from './scout.json' with { type: 'json' };

export interface HelpEntry {
  /** The words after `docker`: `container run`; empty for `docker` itself. */
  path: string;
  /** Where the entry is written: `container run` for `run`. Commands are registered under this. */
  canonical: string;
  /** One line, as in the parent's list. */
  short: string;
  /** The text in its own help, where that is another. */
  long?: string;
  /** What follows the path in the usage line: `[OPTIONS] IMAGE [COMMAND] [ARG...]`. */
  use: string;
  /** The same in the usage line of an error. */
  errorUse: string;
  /** Every way to type it. */
  aliases: string[];
  experimental: boolean;
  /** The plugin that the command belongs to, whose help looks a little different: `buildx`. */
  plugin?: string | undefined;
  /** Its flags stand before its commands, whose own flags may have the same letters: `docker compose -f FILE logs -f`. */
  ownFlagsFirst: boolean;
  /** Names of its commands by section, for a command that has some. */
  commands?: Record<string, string[]>;
  /** Fewest and most positional arguments; -1 for any number. Undefined for a command that has commands. */
  args?: [number, number];
  /** Flags end at the first positional argument (`docker run image -x` gives -x to the container). */
  stopAtArgument: boolean;
  /** What some of its commands (`node`), flags (`--checkpoint`) or itself (empty) need of the daemon. */
  needs: Record<string, Need>;
  /** Sorted by name, as printed. */
  flags: FlagDeclaration[];
}

/** Experimental features, a daemon on Windows, being in a swarm, managing one, an API version: `api 1.47`. */
export type Need = 'experimental' | 'windows' | 'swarm' | 'manager' | `api ${string}`;

interface RawEntry {
  same?: string;
  needs?: Record<string, string>;
  short?: string;
  long?: string;
  use?: string;
  errorUse?: string;
  aliases?: string[];
  experimental?: boolean;
  plugin?: string;
  ownFlagsFirst?: boolean;
  commands?: Record<string, string[]>;
  args?: number[];
  stopAtArgument?: boolean;
  flags?: string[][];
  hidden?: string[][];
}

const raw = { ...data, ...buildx, ...compose, ...scout } as Record<string, RawEntry>;
const entries = new Map<string, HelpEntry>();

/** `docker help`, which no list of commands names. */
export const HELP_COMMAND: HelpEntry = {
  path: 'help',
  canonical: 'help',
  short: 'Help about the command',
  use: '[command]',
  errorUse: '[command]',
  aliases: [],
  experimental: false,
  ownFlagsFirst: false,
  stopAtArgument: false,
  needs: {},
  flags: [],
};

/** Every path that Docker itself knows, without plugins, in the order of its help. */
export function helpPaths(): string[] {
  return Object.keys(data);
}

/** The entry of a path, made when first asked for. */
export function helpOf(path: string): HelpEntry | undefined {
  const known = entries.get(path);
  if (known) return known;
  const own = Object.hasOwn(raw, path) ? raw[path] : undefined;
  if (!own) return undefined;
  const canonical = own.same ?? path;
  const entry = raw[canonical] ?? own;
  const made: HelpEntry = {
    path,
    canonical,
    short: entry.short ?? '',
    long: entry.long,
    use: entry.use ?? '',
    errorUse: entry.commands ? (entry.errorUse ?? '') : (entry.use ?? ''),
    aliases: entry.aliases ?? [],
    experimental: entry.experimental ?? false,
    plugin: entry.plugin,
    ownFlagsFirst: entry.ownFlagsFirst ?? false,
    commands: entry.commands,
    args: entry.args as [number, number] | undefined,
    stopAtArgument: entry.stopAtArgument ?? false,
    needs: (entry.needs ?? {}) as Record<string, Need>,
    flags: [...(entry.flags ?? []).map((row) => flagOf(row, false)), ...(entry.hidden ?? []).map((row) => flagOf(row, true))],
  };
  entries.set(path, made);
  return made;
}

/**
 * The path that a command's word leads to: its own name, or one that only its aliases list
 * (`docker container ps` is `container ls`).
 */
export function childOf(path: string, word: string): string | undefined {
  const direct = join(path, word);
  if (path !== direct && Object.hasOwn(raw, direct)) return direct;
  const parent = raw[path];
  for (const name of Object.values(parent?.commands ?? {}).flat()) {
    const child = join(path, name);
    if (raw[child]?.aliases?.includes(`docker ${direct}`)) return child;
  }
  return undefined;
}

function join(path: string, word: string): string {
  return path === '' ? word : `${path} ${word}`;
}

function flagOf(row: string[], hidden: boolean): FlagDeclaration {
  const [shorthand = '', name = '', type = '', usage = '', defaultText = '', deprecated] = row;
  return { name, shorthand, type, usage, defaultText, hidden, deprecated };
}
