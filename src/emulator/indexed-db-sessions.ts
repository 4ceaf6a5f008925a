/** Sessions in the browser's IndexedDB: one store for what the list shows, one for the bytes. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { EngineError, messageOf } from '#engine/errors.ts';
import type { SessionInfo } from './machine-api.ts';
import { surplus, type SessionStore } from './sessions.ts';

interface Schema extends DBSchema {
  infos: { key: string; value: SessionInfo };
  bytes: { key: string; value: Uint8Array<ArrayBuffer> };
}

export class IndexedDbSessions implements SessionStore {
  #database: Promise<IDBPDatabase<Schema>> | undefined;

  /** None where the browser keeps nothing (private windows of some). */
  async list(): Promise<SessionInfo[]> {
    const database = await this.#open().catch(() => undefined);
    const infos = (await database?.getAll('infos')) ?? [];
    return infos.sort((a, b) => b.savedAtMs - a.savedAtMs);
  }

  async read(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return (await this.#open()).get('bytes', id);
  }

  async add(info: SessionInfo, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#write(info, bytes);
    } catch (error) {
      const full = error instanceof DOMException && error.name === 'QuotaExceededError';
      const reason = full ? 'the browser gives this site no more room' : messageOf(error);
      throw new EngineError('unavailable', `The session could not be saved: ${reason}. Those saved before are still there.`, {
        cause: error,
      });
    }
  }

  /** One transaction: all of it happens, or nothing. */
  async #write(info: SessionInfo, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const transaction = (await this.#open()).transaction(['infos', 'bytes'], 'readwrite');
    const [infos, contents] = [transaction.objectStore('infos'), transaction.objectStore('bytes')];
    await Promise.all([infos.put(info, info.id), contents.put(bytes, info.id)]);
    for (const id of surplus(await infos.getAll())) await Promise.all([infos.delete(id), contents.delete(id)]);
    await transaction.done;
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    this.#database ??= openDB<Schema>('drydock', 1, {
      upgrade(database) {
        database.createObjectStore('infos');
        database.createObjectStore('bytes');
      },
    });
    return this.#database;
  }
}
