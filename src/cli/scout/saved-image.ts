/**
 * The few files of an image that say which packages it has, taken out of the tar that `GET /images/{name}/get` sends while
 * that goes by. A layer is never kept; which of the archive's members are layers is known only at its end.
 * Source: OCI image-spec layer.md (whiteouts); moby image/tarexport.
 */
import { Collector, DamagedTar, isTarHeader, TarReader, type Member, type Sink } from './tar-reader.ts';

/** Path → content, of what `isWanted` names. */
export type FoundFiles = ReadonlyMap<string, Uint8Array>;

/** What one layer does to the wanted files. */
interface LayerTrace {
  files: Map<string, Uint8Array>;
  /** Paths that it takes away, with all below them. */
  removed: string[];
  /** Directories of whose earlier content nothing stays. */
  emptied: string[];
}

const STATUS_FOLDER = 'var/lib/dpkg/status.d';
const SINGLE_FILES = ['var/lib/dpkg/status', 'etc/os-release', 'usr/lib/os-release'];
const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** Of all files that are kept at a time. */
const MAX_TOTAL_BYTES = 128 * 1024 * 1024;
const MAX_FILES = 20_000;
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/**
 * The wanted files as they show with the first layer alone, the first two, and so on to all of them; the last is the image.
 *
 * @throws DamagedTar
 */
export async function readSavedImage(archive: AsyncIterable<Uint8Array>): Promise<FoundFiles[]> {
  const traces = new Map<string, LayerTrace>();
  const budget = { bytes: MAX_TOTAL_BYTES, files: MAX_FILES };
  let manifest: Uint8Array | undefined;
  const reader = new TarReader(({ name, type }) => {
    if (type !== 'file') return undefined;
    if (name === 'manifest.json') return new Collector(MAX_MANIFEST_BYTES, (content) => (manifest = content));
    if (!/^blobs\/|\/layer\.tar$/.test(name)) return undefined;
    const trace: LayerTrace = { files: new Map(), removed: [], emptied: [] };
    return new LayerSink(trace, budget, () => traces.set(name, trace));
  });
  for await (const chunk of archive) reader.push(chunk);
  reader.end();
  if (!manifest) throw new DamagedTar('it has no manifest.json');

  const states: Map<string, Uint8Array>[] = [];
  for (const layer of layersOf(manifest)) {
    const trace = traces.get(layer);
    if (!trace)
      throw new DamagedTar(`layer ${layer.replace(/[^\x20-\x7e]/g, '?')} is missing, or packed in a way that cannot be read here`);
    states.push(afterLayer(states.at(-1) ?? new Map(), trace));
  }
  return states;
}

/** The databases among the files: one of dpkg's, or one file a package. */
export function packageDatabases(files: FoundFiles): string[] {
  const decoder = new TextDecoder();
  return [...files].filter(([path]) => path.startsWith('var/lib/dpkg/')).map(([, content]) => decoder.decode(content));
}

export function osRelease(files: FoundFiles): string | undefined {
  // Debian has a link in /etc to the other.
  const content = files.get('etc/os-release') ?? files.get('usr/lib/os-release');
  return content && new TextDecoder().decode(content);
}

function layersOf(manifest: Uint8Array): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(manifest));
  } catch {
    throw new DamagedTar('manifest.json is no JSON');
  }
  const first = Array.isArray(parsed) ? (parsed[0] as unknown) : undefined;
  const layers = typeof first === 'object' && first !== null && 'Layers' in first ? first.Layers : undefined;
  if (layers === null) return [];
  if (!Array.isArray(layers) || !layers.every((layer) => typeof layer === 'string')) throw new DamagedTar('manifest.json lists no layers');
  return layers;
}

function afterLayer(below: FoundFiles, { files, removed, emptied }: LayerTrace): Map<string, Uint8Array> {
  const isGone = (path: string): boolean =>
    removed.some((gone) => path === gone || path.startsWith(`${gone}/`)) ||
    emptied.some((directory) => directory === '' || path.startsWith(`${directory}/`));
  return new Map([...[...below].filter(([path]) => !isGone(path)), ...files]);
}

/** One blob of the archive: a layer if it begins as a tar does, otherwise passed over. */
class LayerSink implements Sink {
  #start: Uint8Array | undefined = new Uint8Array(512);
  #startBytes = 0;
  #layer: TarReader | undefined;

  constructor(
    readonly trace: LayerTrace,
    readonly budget: { bytes: number; files: number },
    readonly whenDone: () => void,
  ) {}

  push(bytes: Uint8Array): void {
    if (!this.#start) {
      this.#layer?.push(bytes);
      return;
    }
    const piece = bytes.subarray(0, this.#start.length - this.#startBytes);
    this.#start.set(piece, this.#startBytes);
    this.#startBytes += piece.length;
    if (this.#startBytes < this.#start.length) return;
    const start = this.#start;
    this.#start = undefined;
    if (!isTarHeader(start) && start.some((byte) => byte !== 0)) return;
    this.#layer = new TarReader((member) => this.#enter(member));
    this.#layer.push(start);
    this.#layer.push(bytes.subarray(piece.length));
  }

  end(): void {
    if (!this.#layer) return;
    this.#layer.end();
    this.whenDone();
  }

  #enter({ name, type, sizeBytes }: Member): Sink | undefined {
    const slash = name.lastIndexOf('/');
    const directory = slash < 0 ? '' : name.slice(0, slash);
    const base = name.slice(slash + 1);
    if (base === '.wh..wh..opq') {
      if (leadsToWanted(directory)) this.trace.emptied.push(directory);
    } else if (base.startsWith('.wh.')) {
      const gone = `${directory === '' ? '' : `${directory}/`}${base.slice('.wh.'.length)}`;
      if (leadsToWanted(gone) || isWanted(gone)) this.trace.removed.push(gone);
    }
    if (!isWanted(name)) return undefined;
    // In the place of a file that was there, also where it is a link now.
    this.trace.removed.push(name);
    if (type !== 'file') return undefined;
    if (sizeBytes > MAX_FILE_BYTES || (this.budget.bytes -= sizeBytes) < 0 || --this.budget.files < 0) {
      throw new DamagedTar(`/${name} is too large`);
    }
    return new Collector(MAX_FILE_BYTES, (content) => this.trace.files.set(name, content));
  }
}

function isWanted(path: string): boolean {
  if (SINGLE_FILES.includes(path)) return true;
  return path.startsWith(`${STATUS_FOLDER}/`) && !path.slice(STATUS_FOLDER.length + 1).includes('/') && !path.endsWith('.md5sums');
}

function leadsToWanted(directory: string): boolean {
  return directory === '' || [...SINGLE_FILES, `${STATUS_FOLDER}/`].some((path) => path.startsWith(`${directory}/`));
}
