/**
 * Which name stands for which image: `repositories.json`, as Docker writes it.
 * Source: moby reference/store.go.
 */
import { EngineError } from '../errors.ts';
import { isDigest } from '../oci/digest.ts';
import {
  familiarName,
  familiarString,
  fullString,
  parseNormalizedNamed,
  tagNameOnly,
  trimNamed,
  type Reference,
} from '../oci/reference.ts';
import type { Storage } from '../storage.ts';
import { imageRoot, type StorageDriver } from '../storage-driver.ts';

export class ReferenceStore {
  readonly #storage: Storage;
  readonly #file: string;
  /** By familiar string (`busybox:latest`, `busybox@sha256:…`). */
  #references = new Map<string, { reference: Reference; imageId: string }>();
  /** Sorted as Docker lists them: by full string. */
  #byImage = new Map<string, Reference[]>();

  constructor(storage: Storage, driver: StorageDriver) {
    this.#storage = storage;
    this.#file = `${imageRoot(driver)}/repositories.json`;
    this.#load();
  }

  /** The image that a name stands for; a name alone means its `latest`. */
  get(reference: Reference): string | undefined {
    return this.#references.get(familiarString(stored(reference)))?.imageId;
  }

  /** An image's names in Docker's order. */
  referencesOf(imageId: string): readonly Reference[] {
    return this.#byImage.get(imageId) ?? [];
  }

  /** Every tag or digest of a repository, with its image. */
  inRepository(repository: Reference): { reference: Reference; imageId: string }[] {
    const name = familiarName(repository);
    return [...this.#references.values()].filter(({ reference }) => familiarName(reference) === name);
  }

  /** Lets a name stand for an image from now on. A digest never changes its image. */
  add(reference: Reference, imageId: string): void {
    const key = stored(reference);
    if (familiarName(key) === 'sha256') {
      throw new EngineError('invalid-parameter', 'refusing to create an ambiguous tag using digest algorithm as name');
    }
    const before = this.#references.get(familiarString(key));
    if (before?.imageId === imageId) return;
    if (before && key.digest !== undefined) throw new EngineError('conflict', `cannot overwrite digest ${key.digest}`);
    this.#commit(() => {
      if (before) this.#unlink(before.imageId, key);
      this.#link(key, imageId);
    });
  }

  /** Forgets a name; false when there was none. */
  delete(reference: Reference): boolean {
    const key = stored(reference);
    const before = this.#references.get(familiarString(key));
    if (!before) return false;
    this.#commit(() => {
      this.#references.delete(familiarString(key));
      this.#unlink(before.imageId, key);
    });
    return true;
  }

  #link(reference: Reference, imageId: string): void {
    this.#references.set(familiarString(reference), { reference, imageId });
    const siblings = [...this.referencesOf(imageId), reference];
    this.#byImage.set(
      imageId,
      siblings.sort((a, b) => (fullString(a) < fullString(b) ? -1 : 1)),
    );
  }

  #unlink(imageId: string, reference: Reference): void {
    const left = this.referencesOf(imageId).filter((other) => familiarString(other) !== familiarString(reference));
    if (left.length > 0) this.#byImage.set(imageId, left);
    else this.#byImage.delete(imageId);
  }

  /** Makes a change and keeps it; when it cannot be kept, all stands for what it did before. */
  #commit(change: () => void): void {
    const before = [new Map(this.#references), new Map(this.#byImage)] as const;
    try {
      change();
      this.#save();
    } catch (error) {
      [this.#references, this.#byImage] = before;
      throw error;
    }
  }

  #save(): void {
    const repositories: Record<string, Record<string, string>> = {};
    for (const key of [...this.#references.keys()].sort()) {
      const { reference, imageId } = this.#references.get(key)!;
      (repositories[familiarName(reference)] ??= {})[key] = imageId;
    }
    this.#storage.write(this.#file, new TextEncoder().encode(JSON.stringify({ Repositories: repositories })), 0o600);
  }

  #load(): void {
    const bytes = this.#storage.read(this.#file);
    if (!bytes) return;
    let parsed: { Repositories?: Record<string, Record<string, string>> };
    try {
      parsed = JSON.parse(new TextDecoder().decode(bytes)) as typeof parsed;
      for (const names of Object.values(parsed.Repositories ?? {})) {
        for (const [name, imageId] of Object.entries(names)) if (isDigest(String(imageId))) this.#link(parseNormalizedNamed(name), imageId);
      }
    } catch {
      // A file that a person broke: images stay, without names, as in Docker after losing the file.
      this.#references.clear();
      this.#byImage.clear();
    }
  }
}

/** As it is kept: with a digest the tag does not count; without either it is `latest`. */
function stored(reference: Reference): Reference {
  return reference.digest === undefined ? tagNameOnly(reference) : { ...trimNamed(reference), digest: reference.digest };
}
