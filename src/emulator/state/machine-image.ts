/**
 * A machine at rest: processor and memory, the files behind its mounts, what the engine and the agent's
 * client know. The shipped state and every session have this form. Restoring one into other hardware or
 * another guest would break in strange ways, so each says what it fits.
 */
import v86Package from 'v86/package.json' with { type: 'json' };
import { EngineError } from '#engine/errors.ts';
import { hardware } from '../machine/machine.ts';
import type { SavedMirror } from '../mirror/mirror.ts';
import type { SavedTree } from '../p9/saved-tree.ts';
import type { SavedServer } from '../p9/server.ts';
import { collect, pipe } from '../ports/compression.ts';
import { packArchive, unpackArchive } from './archive.ts';

/** Raise it whenever what is saved changes its form. */
const FORMAT = 3;
/** A machine has 256 MB of memory, and its files as much again. */
const LIMIT_BYTES = 1024 * 1024 * 1024;

export interface MachineImage {
  /** v86's own state; compressed with zstd when it came from the build, plain in sessions. */
  processor: Uint8Array<ArrayBuffer>;
  layers: { tree: SavedTree; server: SavedServer };
  share: { tree: SavedTree; server: SavedServer };
  /** The agent's client. */
  agent: unknown;
  nodes: SavedNode[];
  mirror: SavedMirror;
  shells: RestingShell[];
}

/** A login shell that goes on: the next terminal on its node is connected to it. */
export interface RestingShell {
  node: string;
  /** The agent client's number for it. */
  process: number;
}

export interface SavedNode {
  name: string;
  id: number;
  runtime: unknown;
  engine: unknown;
  daemonUp: boolean;
}

/** Digests of the machine's files by name, as images/dist/machine/manifest.json has them. */
export interface MachineManifest {
  files: Record<string, { sha256: string; sizeBytes: number }>;
}

/** What a saved machine and the running code must have in common, as one comparable text. */
export function fitOf(manifest: MachineManifest): string {
  const files = Object.entries(manifest.files)
    .map(([name, { sha256 }]) => `${name} ${sha256}`)
    .sort();
  return [`format ${FORMAT}`, `v86 ${v86Package.version}`, JSON.stringify(hardware), ...files].join('\n');
}

/** @param extra `processor` is left as it is when compressed already, all else is deflated */
export async function packImage(image: MachineImage, fit: string, processorIsCompressed: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const { processor, ...rest } = image;
  const body = packArchive(processorIsCompressed ? rest : { processor, ...rest });
  const deflated = await collect(pipe(body, new CompressionStream('deflate-raw')), Infinity);
  return packArchive({ fit, deflated, ...(processorIsCompressed && { processor }) });
}

/** Throws EngineError `data-loss` when the bytes are damaged, `conflict` when they fit another machine. */
export async function unpackImage(bytes: Uint8Array<ArrayBuffer>, fit: string): Promise<MachineImage> {
  const outer = unpackArchive(bytes) as { fit: string; deflated: Uint8Array<ArrayBuffer>; processor?: Uint8Array<ArrayBuffer> };
  if (outer.fit !== fit) throw new EngineError('conflict', 'it was saved by another version of Drydock');
  if (!(outer.deflated instanceof Uint8Array)) throw new EngineError('data-loss', 'not a saved machine: it has no body');
  const body = await collect(pipe(outer.deflated, new DecompressionStream('deflate-raw')), LIMIT_BYTES).catch((error: unknown) => {
    throw new EngineError('data-loss', 'not a saved machine: its body is damaged', { cause: error });
  });
  return { ...(outer.processor && { processor: outer.processor }), ...(unpackArchive(body) as object) } as MachineImage;
}
