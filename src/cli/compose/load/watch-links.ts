/** Paths that `develop.watch` names are told apart by the files they lead to: the first symbolic link in one is followed. */
import { joinPath } from '#engine/go-path.ts';
import { isAbsolutePath, parentPath } from './paths.ts';
import { isModel, type Model } from './model.ts';
import type { FileReader } from './read-file.ts';

const MAX_LINKS = 40;

/** Changes the model. */
export async function resolveWatchLinks(model: Model, reader: FileReader): Promise<void> {
  const services = isModel(model['services']) ? Object.values(model['services']) : [];
  for (const service of services) {
    const develop = isModel(service) ? service['develop'] : undefined;
    const triggers = isModel(develop) && Array.isArray(develop['watch']) ? develop['watch'] : [];
    for (const trigger of triggers) {
      if (isModel(trigger) && typeof trigger['path'] === 'string') trigger['path'] = await followLink(trigger['path'], reader);
    }
  }
}

async function followLink(path: string, reader: FileReader): Promise<string> {
  if (!isAbsolutePath(path)) return path;
  let current = '/';
  for (const part of path.split('/').filter(Boolean)) {
    current = joinPath(current, part);
    if ((await reader.link(current)) === undefined) continue;
    return path.replace(current, await evaluate(current, reader));
  }
  return path;
}

/** A path without any link in it. */
async function evaluate(path: string, reader: FileReader): Promise<string> {
  let [done, rest] = ['/', path.split('/').filter(Boolean)];
  for (let links = 0; rest.length > 0;) {
    const next = joinPath(done, rest[0]!);
    const target = await reader.link(next);
    if (target === undefined || ++links > MAX_LINKS) {
      done = next;
      rest = rest.slice(1);
    } else {
      rest = [...(isAbsolutePath(target) ? target : joinPath(parentPath(next), target)).split('/').filter(Boolean), ...rest.slice(1)];
      done = '/';
    }
  }
  return done;
}
