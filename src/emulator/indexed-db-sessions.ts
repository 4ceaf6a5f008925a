/** Sessions in the browser's IndexedDB: one store for what the list shows, one for the bytes. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { SessionInfo } from './machine-api.ts';
import { surplus, type SessionStore } from './sessions.ts';

interface Schema extends DBSchema {
  infos: { key: string; value: SessionInfo };
  bytes: { key: string; value: Uint8Array<ArrayBuffer> };
}

export class IndexedDbSessions implements SessionStore {
  #database: Promise<IDBPDatabase<Schema>> | undefined;

  async list(): Promise<SessionInfo[]> {
    const infos = await (await this.#open()).getAll('infos');
    return infos.sort((a, b) => b.savedAtMs - a.savedAtMs);
  }

  async read(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return (await this.#open()).get('bytes', id);
  }

  async add(info: SessionInfo, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
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
