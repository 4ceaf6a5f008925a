/** What there is to cover: every command and flag of Docker's command lines, every route of its API, as the programs list them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../root.ts';

export interface Flag {
  /** `--detach` */
  name: string;
  /** `d`, or empty. */
  shorthand: string;
  takesValue: boolean;
}

export interface CommandSubject {
  /** `docker container run` */
  path: string;
  /** Has commands of its own. */
  isGroup: boolean;
  flags: Flag[];
  /** The command whose second name this is. */
  same?: string;
}

export interface RouteSubject {
  method: string;
  /** `/containers/{id}/json` */
  path: string;
  /** `ContainerInspect` */
  operation: string;
}

export function commandSubjects(): CommandSubject[] {
  return lines('test/data/coverage/commands.txt').map((line) => {
    const [path = '', same] = line.split(' = ');
    if (same) return { path, same, isGroup: false, flags: [] };
    const [words = '', flags = ''] = line.split(/: ?/);
    return {
      path: words.replace(' ...', ''),
      isGroup: words.endsWith(' ...'),
      flags: flags.split(' ').filter(Boolean).map(flagOf),
    };
  });
}

export function routeSubjects(): RouteSubject[] {
  return lines('test/data/engine-api/operations.txt').map((line) => {
    const [method = '', path = '', operation = ''] = line.split(' ');
    return { method, path, operation };
  });
}

function flagOf(text: string): Flag {
  const [, shorthand = '', name = '', equals] = /^(?:-(\w)\/)?(--[^=]+)(=)?$/.exec(text) ?? [];
  return { name, shorthand, takesValue: equals !== undefined };
}

function lines(file: string): string[] {
  return readFileSync(join(root, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}
