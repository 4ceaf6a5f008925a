/**
 * Who a container's process runs as: `user`, `uid`, `user:group`, looked up in the container's own passwd and
 * group files.
 * Source: moby/sys/user, GetExecUser and GetAdditionalGroups.
 */
import { EngineError } from '../../errors.ts';
import type { RuntimeSpec } from '../../runtime/spec.ts';

/** Contents of /etc/passwd and /etc/group; undefined when the container has none. */
export interface UserFiles {
  passwd: string | undefined;
  group: string | undefined;
}

const maxId = 2 ** 31 - 1;

const bad = (message: string): EngineError => new EngineError('invalid-parameter', message);

/** @throws EngineError `unable to find user nobodyx: no matching entries in passwd file` */
export function resolveUser(spec: string, groupAdd: readonly string[], files: UserFiles): RuntimeSpec['process']['user'] {
  const [userText = '', groupText = ''] = spec.split(':');
  const users = rows(files.passwd, 4).map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  const groups = rows(files.group, 3).map(([name = '', , gid, members = '']) => ({ name, gid: Number(gid), members: members.split(',') }));
  const wantedUid = userText === '' ? 0 : asNumber(userText);
  const user = users.find((entry) => (wantedUid === undefined ? entry.name === userText : entry.uid === wantedUid));
  if (!user && wantedUid === undefined) throw bad(`unable to find user ${userText}: no matching entries in passwd file`);
  const uid = user?.uid ?? checked(wantedUid ?? 0);
  let gid = user?.gid ?? 0;
  let supplementary: number[] = [];
  if (groupText !== '') {
    const wantedGid = asNumber(groupText);
    const group = groups.find((entry) => (wantedGid === undefined ? entry.name === groupText : entry.gid === wantedGid));
    if (!group && wantedGid === undefined) throw bad(`unable to find group ${groupText}: no matching entries in group file`);
    gid = group?.gid ?? checked(wantedGid ?? 0);
  } else if (user) {
    supplementary = groups.filter((entry) => entry.members.includes(user.name)).map((entry) => entry.gid);
  }
  const added = groupAdd.map((text) => {
    const group = groups.find((entry) => entry.name === text || String(entry.gid) === text);
    const number = group?.gid ?? asNumber(text);
    if (number === undefined) throw bad(`Unable to find group ${text}: no matching entries in group file`);
    return checked(number);
  });
  return { uid, gid, additionalGids: [gid, ...supplementary, ...new Set(added)] };
}

/** The environment with HOME where the OCI runtime would find none: it knows those that passwd lists. */
export function withHome(env: string[], uid: number, { passwd }: UserFiles): string[] {
  const isListed = rows(passwd, 4).some((fields) => Number(fields[2]) === uid);
  return isListed || env.some((pair) => pair.startsWith('HOME=')) ? env : [...env, 'HOME=/'];
}

function asNumber(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

function checked(id: number): number {
  if (id < 0 || id > maxId) throw bad(`uids and gids must be in range 0-${maxId}`);
  return id;
}

function rows(text: string | undefined, columns: number): string[][] {
  return (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'))
    .filter((row) => row.length >= columns);
}
