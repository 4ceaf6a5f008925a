/** `--ulimit nofile=1024:2048`. */
import { parseInteger } from '../units/number.ts';

export interface Ulimit {
  Name: string;
  /** -1 is no limit. */
  Hard: number;
  Soft: number;
}

const NAMES = new Set([
  'core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice',
  'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending', 'stack',
]); // prettier-ignore

export function parseUlimit(text: string): Ulimit {
  const equals = text.indexOf('=');
  if (equals < 0) throw new Error(`invalid ulimit argument: ${text}`);
  const name = text.slice(0, equals);
  const limits = text.slice(equals + 1);
  if (!NAMES.has(name)) throw new Error(`invalid ulimit type: ${name}`);
  const [softText = '', hardText, ...more] = limits.split(':');
  if (more.length > 0) {
    throw new Error(`too many limit value arguments - ${limits}, can only have up to two, \`soft[:hard]\``);
  }
  const soft = Number(parseInteger(softText, 10));
  const hard = hardText === undefined ? soft : Number(parseInteger(hardText, 10));
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    const which = soft === -1 ? `soft: -1 (unlimited), hard: ${hard}` : `${soft} > ${hard}`;
    throw new Error(`ulimit soft limit must be less than or equal to hard limit: ${which}`);
  }
  return { Name: name, Hard: hard, Soft: soft };
}

export function formatUlimit(limit: Ulimit): string {
  return `${limit.Name}=${limit.Soft}:${limit.Hard}`;
}
