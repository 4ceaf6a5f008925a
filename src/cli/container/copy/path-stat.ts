/** What the daemon says of a path in a container, in a header. Source: moby container.PathStat; Go os.FileMode. */
import { fromBase64 } from '#engine/base64.ts';
import { ApiError, type ApiClient } from '#engine/api/client.ts';

const HEADER = 'x-docker-container-path-stat';
const DIRECTORY = 2 ** 31;
const SYMLINK = 2 ** 27;
const DEVICE = 2 ** 26;
const IRREGULAR = 2 ** 19;

export interface PathStat {
  type: 'directory' | 'symlink' | 'device' | 'irregular' | 'file';
  linkTarget: string;
}

/** @throws Error when there is no such header, or it cannot be read */
export function readPathStat(headers: Record<string, string>): PathStat {
  const value = Object.entries(headers).find(([name]) => name.toLowerCase() === HEADER)?.[1];
  if (value === undefined) throw new Error('unable to decode container path stat header: EOF');
  let parsed: { mode?: number; linkTarget?: string };
  try {
    parsed = JSON.parse(new TextDecoder().decode(fromBase64(value))) as typeof parsed;
  } catch (error) {
    throw new Error('unable to decode container path stat header', { cause: error });
  }
  const { mode = 0, linkTarget = '' } = parsed;
  const has = (bit: number): boolean => Math.floor(mode / bit) % 2 === 1;
  const type = has(DIRECTORY) ? 'directory' : has(SYMLINK) ? 'symlink' : has(DEVICE) ? 'device' : has(IRREGULAR) ? 'irregular' : 'file';
  return { type, linkTarget };
}

/** Undefined when there is nothing, or nothing that can be told. */
export async function statInContainer(api: ApiClient, archivePath: string, path: string): Promise<PathStat | undefined> {
  try {
    const { headers } = await api.head(archivePath, { query: { path } });
    return readPathStat(headers);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** @throws Error for what nothing can be copied over */
export function refuseSpecial(type: PathStat['type'], complaint: string): void {
  if (type === 'device') throw new Error(`${complaint}: got a device`);
  if (type === 'irregular') throw new Error(`${complaint}: got an irregular file`);
}
