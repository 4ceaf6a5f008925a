/**
 * Saved sessions: whole machines under a label, the oldest dropped when all together grow too large.
 * Where they lie is a SessionStore's business: IndexedDB in browsers, memory elsewhere.
 */
import type { SessionInfo } from './machine-api.ts';

export interface SessionStore {
  /** Newest first. */
  list(): Promise<SessionInfo[]>;
  /** Undefined when there is none of this id. */
  read(id: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * Adds one and drops the oldest beyond the limit, as one step: whoever closes the page meanwhile finds
   * either all of it or what was there before.
   */
  add(info: SessionInfo, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** Browsers give a site some hundred megabytes at the least. */
export const LIMIT_BYTES = 200 * 1024 * 1024;

/** Ids to drop so that the newest fit; the newest always stays. */
export function surplus(sessions: SessionInfo[], limitBytes = LIMIT_BYTES): string[] {
  const newestFirst = [...sessions].sort((a, b) => b.savedAtMs - a.savedAtMs);
  let total = 0;
  return newestFirst.filter(({ sizeBytes }, index) => (total += sizeBytes) > limitBytes && index > 0).map(({ id }) => id);
}

export class MemorySessions implements SessionStore {
  #sessions = new Map<string, { info: SessionInfo; bytes: Uint8Array<ArrayBuffer> }>();

  list(): Promise<SessionInfo[]> {
    return Promise.resolve([...this.#sessions.values()].map(({ info }) => info).sort((a, b) => b.savedAtMs - a.savedAtMs));
  }

  read(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return Promise.resolve(this.#sessions.get(id)?.bytes);
  }

  async add(info: SessionInfo, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#sessions.set(info.id, { info, bytes });
    for (const id of surplus(await this.list())) this.#sessions.delete(id);
  }
}
