/**
 * What the package mirror holds, as `images/dist/mirror/index.json` lists it (written by images/mirror/). Only what is
 * listed is ever asked for, so a path from the guest is looked up and never opened.
 */
import { EngineError } from '#engine/errors.ts';
import { readAsset, type AssetFiles } from '../ports/asset-files.ts';

/** A kind of package, and the folder of its files. */
export type Ecosystem = 'apt' | 'docker' | 'npm' | 'pypi';

export interface MirrorIndex {
  /** By path below `mirror/`: `apt/debian/dists/bookworm/Release`. */
  files: Record<string, { sizeBytes: number; /** Seconds since 1970. */ modified: number }>;
  /** Files of Python projects, names normalised as PEP 503 says. */
  wheels: { project: string; file: string; sha256: string; requiresPython: string }[];
  /** What was chosen, without what came along because something needs it: for people. */
  chosen: Record<Ecosystem, string[]>;
}

export interface MirrorFile {
  path: string;
  sizeBytes: number;
  modifiedMs: number;
}

export interface Wheel {
  file: string;
  sha256: string;
  requiresPython: string;
  sizeBytes: number;
}

export class Catalog {
  readonly #assets: AssetFiles;
  #index: Promise<MirrorIndex> | undefined;

  constructor(assets: AssetFiles) {
    this.#assets = assets;
  }

  /** By its path below `mirror/`; undefined when it is not held. */
  async find(path: string): Promise<MirrorFile | undefined> {
    const { files } = await this.#read();
    const found = Object.hasOwn(files, path) ? files[path] : undefined;
    return found && { path, sizeBytes: found.sizeBytes, modifiedMs: found.modified * 1000 };
  }

  /** Throws EngineError when the file cannot be had whole. */
  async content({ path, sizeBytes }: MirrorFile): Promise<Uint8Array> {
    const bytes = await readAsset(this.#assets, `mirror/${path}`);
    if (bytes?.length !== sizeBytes) throw new EngineError('data-loss', `mirror/${path} is not what its index says`);
    return bytes;
  }

  /** Python projects by name. */
  async projects(): Promise<string[]> {
    return [...new Set((await this.#read()).wheels.map(({ project }) => project))].sort();
  }

  /** Files of a project; none when it is not held. */
  async wheels(project: string): Promise<Wheel[]> {
    const { wheels, files } = await this.#read();
    return wheels
      .filter((wheel) => wheel.project === project)
      .map(({ file, sha256, requiresPython }) => ({ file, sha256, requiresPython, sizeBytes: files[wheelPath(file)]?.sizeBytes ?? 0 }));
  }

  async chosen(ecosystem: Ecosystem): Promise<string[]> {
    return (await this.#read()).chosen[ecosystem];
  }

  /** Read once, when it is first wanted. Without it the mirror is empty. */
  #read(): Promise<MirrorIndex> {
    this.#index ??= readAsset(this.#assets, 'mirror/index.json')
      .then((bytes) => (bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as MirrorIndex) : nothing))
      .catch((error: unknown) => {
        // The network may be back at the next question.
        this.#index = undefined;
        throw error;
      });
    return this.#index;
  }
}

export function wheelPath(file: string): string {
  return `pypi/packages/${file}`;
}

const nothing: MirrorIndex = { files: {}, wheels: [], chosen: { apt: [], docker: [], npm: [], pypi: [] } };
