/**
 * A build context: the files that a client sent along, as a root of their own.
 */
import type { Compression } from '../compression.ts';
import { EngineError } from '../errors.ts';
import { decompressStream } from '../image/decompress.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { LayerIndex, RootFiles } from '../image/root-files.ts';
import { unpackTreeStream } from '../oci/layer-entries.ts';
import { readIgnoreFile } from './dockerignore/ignore-file.ts';
import { IgnoreMatcher } from './dockerignore/matcher.ts';

/** It has to fit into memory, beside the files that it was made of. */
const maxContextBytes = 512 << 20;

export class BuildContext {
  readonly files: RootFiles;
  /** Bytes of the archive that came. */
  readonly sizeBytes: number;
  readonly entries: readonly LayerEntry[];

  private constructor(entries: LayerEntry[], sizeBytes: number) {
    this.entries = entries;
    this.files = new RootFiles([new LayerIndex(entries)]);
    this.sizeBytes = sizeBytes;
  }

  /**
   * @param archive tar, plain or compressed, as it comes
   * @throws EngineError with the reason why it is no context
   */
  static async read(compression: Compression, archive: AsyncIterable<Uint8Array>): Promise<BuildContext> {
    let sizeBytes = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of archive) {
        sizeBytes += chunk.length;
        if (sizeBytes > maxContextBytes) throw new EngineError('invalid-parameter', 'http: request body too large');
        yield chunk;
      }
    };
    const { entries } = await unpackTreeStream(decompressStream(compression, counted(), maxContextBytes));
    // Everything that comes from outside belongs to root, as in Docker.
    return new BuildContext(
      entries.map((entry) => ({ ...entry, uid: 0, gid: 0 })),
      sizeBytes,
    );
  }

  /**
   * What instructions see of it. Clients send the Dockerfile and the files that say what is ignored whatever these say;
   * where they are ignored, they are not part of the context.
   *
   * @param ignoreFile the one that counts
   */
  withoutIgnored(dockerfile: string, ignoreFile: string): BuildContext {
    const rules = this.files.get(ignoreFile)?.content;
    if (!rules) return this;
    const matcher = new IgnoreMatcher(readIgnoreFile(new TextDecoder().decode(rules)));
    const sent = new Set([dockerfile, `${dockerfile}.dockerignore`, '.dockerignore']);
    // A file stays as long as it has another name.
    for (const { type, linkName } of this.entries) if (type === 'hardlink') sent.delete(linkName ?? '');
    const entries = this.entries.filter(({ path }) => !sent.has(path) || !matcher.ignores(path));
    return entries.length === this.entries.length ? this : new BuildContext(entries, this.sizeBytes);
  }

  /** @throws EngineError `invalid-parameter`: `failed to read dockerfile: open x: no such file or directory` */
  readText(path: string): string {
    const { entry } = this.files.resolve(path);
    if (!entry?.content) {
      const why = entry ? 'is a directory' : 'no such file or directory';
      throw new EngineError('invalid-parameter', `failed to read dockerfile: open ${path}: ${why}`);
    }
    return new TextDecoder().decode(entry.content);
  }
}
