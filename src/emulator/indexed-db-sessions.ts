/** Sessions in the browser's IndexedDB: one store for what the list shows, one for the bytes, in pieces. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { concatBytes } from '#engine/bytes.ts';
import { EngineError, messageOf } from '#engine/errors.ts';
import type { SessionInfo } from './machine-api.ts';
import { surplus, type SessionStore } from './sessions.ts';

interface Schema extends DBSchema {
  infos: { key: string; value: SessionInfo };
  /** A session's id, and which piece of it. */
  bytes: { key: [string, number]; value: Uint8Array<ArrayBuffer> };
}

/** Browsers refuse single values beyond some size: Chromium beyond 127 MiB. */
const PIECE_BYTES = 16 * 1024 * 1024;
/** Version 1 had a session's bytes in one piece. */
const VERSION = 2;

export class IndexedDbSessions implements SessionStore {
  #database: Promise<IDBPDatabase<Schema>> | undefined;

  /** None where the browser keeps nothing (private windows of some). */
  async list(): Promise<SessionInfo[]> {
    const database = await this.#open().catch(() => undefined);
    const infos = (await database?.getAll('infos')) ?? [];
    return infos.sort((a, b) => b.savedAtMs - a.savedAtMs);
  }

  async read(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const pieces = await (await this.#open()).getAll('bytes', piecesOf(id));
    return pieces.length === 0 ? undefined : concatBytes(pieces);
  }

  async add(info: SessionInfo, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#write(info, bytes);
    } catch (error) {
      const full = error instanceof DOMException && error.name === 'QuotaExceededError';
      const reason = full ? 'the browser gives this site no more room' : messageOf(error);
      throw new EngineError('unavailable', `${reason}. What was saved before is still there.`, { cause: error });
    }
  }

  /** One transaction: all of it happens, or nothing. */
  async #write(info: SessionInfo, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const transaction = (await this.#open()).transaction(['infos', 'bytes'], 'readwrite');
    const [infos, contents] = [transaction.objectStore('infos'), transaction.objectStore('bytes')];
    const aborted = new Promise<void>((resolve) => transaction.addEventListener('abort', () => resolve()));
    // Its failure is told below; here it would be nobody's, and a crash.
    transaction.done.catch(() => {});
    try {
      await infos.put(info, info.id);
      for (let at = 0; at < bytes.length; at += PIECE_BYTES)
        await contents.put(bytes.slice(at, at + PIECE_BYTES), [info.id, at / PIECE_BYTES]);
      for (const id of surplus(await infos.getAll())) await Promise.all([infos.delete(id), contents.delete(piecesOf(id))]);
      await transaction.done;
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
      // The request only knows that the transaction was aborted; the transaction knows why.
      await aborted;
      throw transaction.error ?? error;
    }
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    if (!this.#database) {
      const opened = openDB<Schema>('drydock', VERSION, {
        upgrade(database) {
          for (const name of [...database.objectStoreNames]) database.deleteObjectStore(name);
          database.createObjectStore('infos');
          database.createObjectStore('bytes');
        },
        // Another tab has a newer version of the app.
        blocking: () => void this.#close(),
        terminated: () => (this.#database = undefined),
      });
      // What failed may be possible the next time.
      opened.catch(() => (this.#database = undefined));
      this.#database = opened;
    }
    return this.#database;
  }

  async #close(): Promise<void> {
    const database = await this.#database;
    this.#database = undefined;
    database?.close();
  }
}

function piecesOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id], [id, Infinity]);
}
