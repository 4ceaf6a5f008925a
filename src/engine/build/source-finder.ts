/**
 * Finds what COPY and ADD are about: files of the context, of stages, of the Dockerfile itself, of the web; archives
 * that ADD unpacks.
 */
import type { Cancellation } from '../cancellation.ts';
import type { Containers } from '../container/containers.ts';
import { EngineError } from '../errors.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { splitPath, type RootFiles } from '../image/root-files.ts';
import { hex } from '../id.ts';
import { digestOf } from '../oci/digest.ts';
import { archiveEntries } from './archive-source.ts';
import { findSources, type FoundSource } from './copy.ts';
import type { CopyOperation, Origin, PlannedSource } from './dockerfile/plan.ts';
import { IgnoreMatcher } from './dockerignore/matcher.ts';
import { fetchFile } from './remote-source.ts';

interface Parts {
  containers: Containers;
  cancellation: Cancellation;
}

export class SourceFinder {
  readonly #parts: Parts;
  readonly #filesOf: (origin: Origin) => RootFiles;

  constructor(parts: Parts, filesOf: (origin: Origin) => RootFiles) {
    this.#parts = parts;
    this.#filesOf = filesOf;
  }

  async find({ sources, exclude }: CopyOperation): Promise<FoundSource[]> {
    const found: FoundSource[] = [];
    for (const source of sources) found.push(...(await this.#one(source)));
    if (exclude.length === 0) return found;
    const matcher = new IgnoreMatcher(exclude);
    return found
      .filter(({ entry, name }) => entry.type === 'directory' || !matcher.ignores(splitPath(name).name))
      .map((source) => ({ ...source, below: chosenOf(source.below, ({ path }) => !matcher.ignores(path)) }));
  }

  async #one(source: PlannedSource): Promise<FoundSource[]> {
    switch (source.kind) {
      case 'content':
        return [{ name: source.name, entry: plainFile(source.name, new TextEncoder().encode(source.data), 0), below: [] }];
      case 'http': {
        const { bytes, modifiedMs } = await fetchFile(this.#images.ports.registry, source.url, this.#parts.cancellation);
        await this.#verify(bytes, source.checksum);
        return [{ name: source.fileName, entry: { ...plainFile(source.fileName, bytes, modifiedMs), mode: 0o600 }, below: [] }];
      }
      case 'git':
        throw new EngineError('not-implemented', `ADD ${source.remote}: Git repositories cannot be reached from here`);
      case 'path':
        return this.#paths(source);
    }
  }

  async #paths(source: Extract<PlannedSource, { kind: 'path' }>): Promise<FoundSource[]> {
    const files = this.#filesOf(source.from);
    try {
      const found = findSources(files, source.path);
      const chosen = source.include.length > 0 ? included(found, source.include) : found;
      return source.unpack ? await Promise.all(chosen.map((one) => this.#unpacked(one))) : chosen;
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'not-found') throw error;
      // BuildKit finds this while it computes the key of the step.
      const reference = `${randomName(this.#parts)}::${randomName(this.#parts)}`;
      throw new EngineError(
        'not-found',
        `failed to compute cache key: failed to calculate checksum of ref ${reference}: ${error.message}`,
        { cause: error },
      );
    }
  }

  async #unpacked(source: FoundSource): Promise<FoundSource> {
    const { content } = source.entry;
    const unpacked = content && (await archiveEntries(this.#images.ports.compression, content));
    return unpacked ? { ...source, unpacked } : source;
  }

  async #verify(bytes: Uint8Array, checksum: string | undefined): Promise<void> {
    if (checksum === undefined) return;
    const digest = await digestOf(this.#images.ports.crypto, bytes);
    if (digest !== checksum) throw new EngineError('invalid-parameter', `digest mismatch ${digest}: ${checksum}`);
  }

  get #images(): Containers['ports']['images'] {
    return this.#parts.containers.ports.images;
  }
}

function plainFile(path: string, content: Uint8Array, modifiedMs: number): LayerEntry {
  return { path, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: Math.floor(modifiedMs / 1000), content };
}

/** Of `--parents`: only these paths of a directory, each with the directories above it. */
function included(found: FoundSource[], patterns: readonly string[]): FoundSource[] {
  const matcher = new IgnoreMatcher([...patterns]);
  return found.map((source) => {
    const chosen = new Set(source.below.map(({ path }) => path).filter((path) => matcher.ignores(path)));
    const above = new Set<string>();
    for (const path of chosen) for (let at = splitPath(path).directory; at !== ''; at = splitPath(at).directory) above.add(at);
    return { ...source, below: chosenOf(source.below, ({ path }) => chosen.has(path) || above.has(path)) };
  });
}

/** Some entries of a directory. Where a file's first name is left out, the next takes its place. */
function chosenOf(below: readonly LayerEntry[], isChosen: (entry: LayerEntry) => boolean): LayerEntry[] {
  const left = new Map(below.filter((entry) => entry.type === 'file' && !isChosen(entry)).map((entry) => [entry.path, entry]));
  const heirs = new Map<string, string>();
  return below.filter(isChosen).map((entry) => {
    const file = entry.type === 'hardlink' ? left.get(entry.linkName!) : undefined;
    if (!file) return entry;
    const heir = heirs.get(file.path);
    if (heir !== undefined) return { ...entry, linkName: heir };
    heirs.set(file.path, entry.path);
    return { ...file, path: entry.path };
  });
}

function randomName({ containers }: Parts): string {
  return hex(containers.ports.random.bytes(13)).slice(0, 25);
}
