/**
 * Which compressed blob unpacked to which layer, so that a layer that is here is not fetched again. The blobs
 * themselves are not kept: a layer lies in memory once, unpacked.
 * Source: moby distribution/metadata, `diffid-by-digest`.
 */
import { encodedOf, isDigest } from '../oci/digest.ts';
import type { Storage } from '../storage.ts';
import { imageRoot, type StorageDriver } from '../storage-driver.ts';

export interface BlobRecord {
  Digest: string;
  Size: number;
  SourceRepository: string;
  HMAC: string;
}

/** As many sources of a layer as Docker remembers. */
const maxSources = 50;

export class BlobRecords {
  readonly #storage: Storage;
  readonly #root: string;

  constructor(storage: Storage, driver: StorageDriver) {
    this.#storage = storage;
    this.#root = `${imageRoot(driver)}/distribution`;
  }

  diffIdOf(digest: string): string | undefined {
    const bytes = this.#storage.read(this.#byDigest(digest));
    const diffId = bytes && new TextDecoder().decode(bytes);
    return diffId !== undefined && isDigest(diffId) ? diffId : undefined;
  }

  /** Blobs known to unpack to a layer, oldest first. */
  sourcesOf(diffId: string): BlobRecord[] {
    const bytes = this.#storage.read(this.#byDiffId(diffId));
    if (!bytes) return [];
    try {
      const records: unknown = JSON.parse(new TextDecoder().decode(bytes));
      return Array.isArray(records) ? (records as unknown[]).filter(isBlobRecord) : [];
    } catch {
      // Only a memory of where to find things again.
      return [];
    }
  }

  add(diffId: string, digest: string, sizeBytes: number, repository: string): void {
    const record = { Digest: digest, Size: sizeBytes, SourceRepository: repository, HMAC: '' };
    const others = this.sourcesOf(diffId).filter((other) => other.Digest !== digest || other.SourceRepository !== repository);
    const encoder = new TextEncoder();
    this.#storage.write(this.#byDiffId(diffId), encoder.encode(JSON.stringify([...others, record].slice(-maxSources))), 0o644);
    this.#storage.write(this.#byDigest(digest), encoder.encode(diffId), 0o644);
  }

  /** A repository turned out not to have the blob any more. */
  removeSource(diffId: string, gone: BlobRecord): void {
    const left = this.sourcesOf(diffId).filter(
      (record) => record.Digest !== gone.Digest || record.SourceRepository !== gone.SourceRepository,
    );
    this.#storage.write(this.#byDiffId(diffId), new TextEncoder().encode(JSON.stringify(left)), 0o644);
  }

  /** The layer is gone: its blobs have to be fetched again. */
  forget(diffId: string): void {
    for (const { Digest } of this.sourcesOf(diffId)) this.#storage.remove(this.#byDigest(Digest));
    this.#storage.remove(this.#byDiffId(diffId));
  }

  #byDigest(digest: string): string {
    return `${this.#root}/diffid-by-digest/sha256/${encodedOf(digest)}`;
  }

  #byDiffId(diffId: string): string {
    return `${this.#root}/v2metadata-by-diffid/sha256/${encodedOf(diffId)}`;
  }
}

function isBlobRecord(value: unknown): value is BlobRecord {
  const { Digest, Size, SourceRepository } = (value ?? {}) as Partial<BlobRecord>;
  return isDigest(String(Digest)) && Number.isSafeInteger(Size) && typeof SourceRepository === 'string';
}
