/**
 * `--chown` and the owner of a new working directory: names are looked up in the image's own passwd and group.
 * Source: moby builder/dockerfile, parseChownFlag; Dockerfile reference, COPY --chown.
 */
import { EngineError } from '../errors.ts';
import type { RootFiles } from '../image/root-files.ts';
import type { Owner } from './layer-draft.ts';

/** The last one stands for none. */
const maxId = 0xffffffff;

/** @param text `user`, `uid`, `user:group`; without a group the user's name or number stands for it */
export function ownerOf(text: string, files: RootFiles): Owner {
  const [user = '', group = user, more] = text.split(':');
  if (more !== undefined || user === '') throw new EngineError('invalid-parameter', `invalid chown string format: ${text}`);
  return { uid: idOf(user, 'etc/passwd', 'user', files), gid: idOf(group, 'etc/group', 'group', files) };
}

function idOf(name: string, file: string, what: 'user' | 'group', files: RootFiles): number {
  if (/^\d+$/.test(name) && Number(name) < maxId) return Number(name);
  const content = files.resolve(file).entry?.content;
  const rows = content ? new TextDecoder().decode(content).split('\n') : [];
  const row = rows.map((line) => line.split(':')).find((fields) => fields[0] === name);
  const id = Number(row?.[2]);
  if (row && Number.isInteger(id) && id >= 0 && id < maxId) return id;
  const short = what === 'user' ? 'uid' : 'gid';
  throw new EngineError(
    'invalid-parameter',
    `unable to convert uid/gid chown string to host mapping: can't find ${short} for ${what} ${name}: no such ${what}: ${name}`,
  );
}
