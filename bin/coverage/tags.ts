/**
 * The tags in the code that say what works: `@api` at routes, `@cli` at commands, `@flag` where single flags differ from their
 * command. `Y` works, `P[what]` works in part, `N[why]` is refused.
 *
 *     @api   Y  GET /containers/json  ContainerList  "List containers"
 *     @cli   N[why]  docker service *  "…"                                  the group and all in it that have no tag of their own
 *     @flag  P[what]  docker container run, docker container create  --gpus --storage-opt
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../root.ts';

export interface State {
  kind: 'works' | 'partly' | 'refused';
  /** What is missing, or why it is refused. */
  reason: string;
}

export interface Tag {
  state: State;
  title: string;
}

export interface Tags {
  /** By `GET /containers/json`. */
  routes: Map<string, Tag>;
  /** By `docker container run`, or `docker service *`. */
  commands: Map<string, Tag>;
  /** By `docker container run --init`. */
  flags: Map<string, State>;
}

const named = /@(api|cli)\s+([YPN](?:\[[^\]]*\])?)\s+(.+?)\s+"([^"]*)"/g;
const flagged = /@flag\s+([YPN](?:\[[^\]]*\])?)\s+(docker [^-]*?)\s+((?:--[\w-]+\s*)+)/g;
const kinds: Record<string, State['kind']> = { Y: 'works', P: 'partly', N: 'refused' };

/** @param folder where the code is */
export function readTags(folder = join(root, 'src')): Tags {
  const tags: Tags = { routes: new Map(), commands: new Map(), flags: new Map() };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name.endsWith('.test.ts')) continue;
    collect(readFileSync(join(entry.parentPath, entry.name), 'utf8'), tags);
  }
  return tags;
}

function collect(source: string, { routes, commands, flags }: Tags): void {
  for (const [, kind, status = '', name = '', title = ''] of source.matchAll(named)) {
    const tag = { state: stateOf(status), title };
    if (kind === 'cli') commands.set(name, tag);
    else routes.set(name.replace(/\s+\S+$/, '').replace(/\s+/, ' '), tag);
  }
  for (const [, status = '', of = '', names = ''] of source.matchAll(flagged)) {
    for (const command of of.split(',')) {
      for (const flag of names.trim().split(/\s+/)) flags.set(`${command.trim()} ${flag}`, stateOf(status));
    }
  }
}

function stateOf(status: string): State {
  return { kind: kinds[status[0] ?? ''] ?? 'refused', reason: /\[(.*)\]/.exec(status)?.[1] ?? '' };
}

/** The tag of a command, or of the group it is in. */
export function commandTag({ commands }: Tags, path: string): Tag | undefined {
  const own = commands.get(path);
  if (own) return own;
  for (let group = path; group.includes(' '); group = group.slice(0, group.lastIndexOf(' '))) {
    const tag = commands.get(`${group} *`);
    if (tag) return { ...tag, title: '' };
  }
  return undefined;
}
