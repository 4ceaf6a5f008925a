/**
 * What COPY and ADD of the classic builder are about, with its words when it is not there.
 * Source: moby builder/dockerfile/copy.go.
 */
import type { Cancellation } from '../cancellation.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { Images } from '../image/images.ts';
import type { RootFiles } from '../image/root-files.ts';
import { archiveEntries } from './archive-source.ts';
import type { BuildContext } from './build-context.ts';
import type { HashedRoot } from './classic-hash.ts';
import { findSources, type FoundSource } from './copy.ts';
import type { ClassicEffect } from './dockerfile/classic.ts';
import { fetchFile } from './remote-source.ts';

type CopyEffect = Extract<ClassicEffect, { kind: 'copy' }>;

interface Parts {
  images: Images;
  context: BuildContext;
  filesOf: (from: string) => Promise<RootFiles>;
  cancellation: Cancellation;
}

export class ClassicSources {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @returns the sources, and the root that they come from */
  async find({ instruction, sources, dest, from }: CopyEffect): Promise<{ found: FoundSource[]; root: HashedRoot }> {
    const files = from ? await this.#parts.filesOf(from) : this.#parts.context.files;
    const found: FoundSource[] = [];
    for (const source of sources) {
      if (instruction === 'ADD' && /^https?:\/\//i.test(source)) found.push(await this.#download(source, dest));
      else found.push(...this.#paths(instruction, files, source, Boolean(from)));
    }
    if (found.length === 0) throw failed(instruction, 'no source files were specified');
    if (found.length > 1 && !dest.endsWith('/')) {
      throw new EngineError(
        'invalid-parameter',
        `When using ${instruction} with more than one source file, the destination must be a directory and end with a /`,
      );
    }
    return { found, root: { files, isImage: Boolean(from) } };
  }

  /** ADD unpacks archives of the context. */
  unpacked(found: readonly FoundSource[]): Promise<FoundSource[]> {
    return Promise.all(
      found.map(async (source) => {
        const { content } = source.entry;
        // What was downloaded stays packed.
        if (!content || /^https?:\/\//i.test(source.name)) return source;
        const entries = await archiveEntries(this.#parts.images.ports.compression, content);
        return entries ? { ...source, unpacked: entries } : source;
      }),
    );
  }

  #paths(instruction: string, files: RootFiles, source: string, isFrom: boolean): FoundSource[] {
    try {
      return findSources(files, source.startsWith('/') ? source : `/${source}`);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.kind !== 'not-found') throw failed(instruction, error.message);
      const path = source.replace(/^\/+/, '');
      throw failed(
        instruction,
        isFrom
          ? `stat ${path}: file does not exist`
          : `file not found in build context or excluded by .dockerignore: stat ${path}: file does not exist`,
      );
    }
  }

  async #download(url: string, dest: string): Promise<FoundSource> {
    let file;
    try {
      file = await fetchFile(this.#parts.images.ports.registry, url, this.#parts.cancellation);
    } catch (error) {
      throw failed('ADD', messageOf(error));
    }
    const base = decoded(/^https?:\/\/[^/?#]+([^?#]*)/i.exec(url)?.[1]?.split('/').pop() ?? '');
    if (base === '' && dest.endsWith('/')) throw failed('ADD', `cannot determine filename for source ${url}`);
    const name = base || dest.split('/').pop()!;
    const entry = {
      path: name,
      type: 'file' as const,
      mode: 0o600,
      uid: 0,
      gid: 0,
      mtime: Math.floor(file.modifiedMs / 1000),
      content: file.bytes,
    };
    return { name, entry, below: [] };
  }
}

/** As it is written when it is not encoded well. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function failed(instruction: string, why: string): EngineError {
  return new EngineError('invalid-parameter', `${instruction} failed: ${why}`);
}
