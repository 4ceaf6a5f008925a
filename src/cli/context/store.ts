/**
 * The contexts of a client: files below its configuration directory, `contexts/meta/<sha256 of the name>/meta.json` and
 * certificates in `contexts/tls/<the same>/<endpoint>/`. The context `default` is not there: it is what the command line
 * and the environment say.
 * Source: docker/cli cli/context/store, cli/command/defaultcontextstore.go.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { compareNaturally } from '../container/natural-order.ts';
import { FileError, type CliFiles } from '../environment.ts';
import { openError } from '../options/open-error.ts';
import { messageOf } from '#engine/errors.ts';
import { readMetadata, writeMetadata, type ContextMetadata } from './metadata.ts';

export const DEFAULT_CONTEXT = 'default';

const NAME = '^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$';

/** Endpoint → file name → content. */
export type TlsFiles = Record<string, Record<string, Uint8Array>>;

/** @throws Error with Docker's words, `default` included */
export function validateContextName(name: string): void {
  if (name === '') throw new Error('context name cannot be empty');
  if (name === DEFAULT_CONTEXT) throw new Error('"default" is a reserved context name');
  if (!new RegExp(NAME).test(name)) {
    throw new Error(`context name ${JSON.stringify(name)} is invalid, names are validated against regexp ${JSON.stringify(NAME)}`);
  }
}

/** What there is no context of. */
export class ContextNotFound extends Error {
  override readonly name = 'ContextNotFound';
}

export class ContextStore {
  /** @param defaultHost where the daemon of the default context is; throws when that cannot be said */
  constructor(
    readonly files: CliFiles,
    readonly configDirectory: string,
    readonly defaultHost: () => string,
  ) {}

  /** @throws ContextNotFound; Error for a file that cannot be used */
  async get(name: string): Promise<ContextMetadata> {
    if (name === DEFAULT_CONTEXT) return this.#default();
    try {
      return await this.#read(idOf(name));
    } catch (error) {
      const message = `context ${JSON.stringify(name)}: ${messageOf(error)}`;
      throw error instanceof ContextNotFound ? new ContextNotFound(message, { cause: error }) : new Error(message, { cause: error });
    }
  }

  /** All of them by name, the default one last. */
  async list(): Promise<ContextMetadata[]> {
    const found: ContextMetadata[] = [];
    for (const directory of await this.#directories('')) {
      found.push(
        await this.#read(directory).catch((error: unknown) => {
          throw new Error(`failed to read metadata: ${messageOf(error)}`, { cause: error });
        }),
      );
    }
    return [...found.sort((a, b) => compareNaturally(a.Name, b.Name)), this.#default()];
  }

  /** Makes a context, or takes the place of the one of that name. */
  async save(metadata: ContextMetadata): Promise<void> {
    const directory = this.paths(metadata.Name).MetadataPath;
    await this.files.makeDirectory(directory, 0o755);
    await this.#write(`${directory}/meta.json`, new TextEncoder().encode(writeMetadata(metadata)), 0o644);
  }

  async remove(name: string): Promise<void> {
    const { MetadataPath, TLSPath } = this.paths(name);
    await this.#removeIfThere(MetadataPath);
    await this.#removeIfThere(TLSPath);
  }

  /** Whether a directory is there for it. */
  async exists(name: string): Promise<boolean> {
    return await this.files.stat(this.paths(name).MetadataPath).then(
      () => true,
      (error: unknown) => !(error instanceof FileError && error.code === 'ENOENT'),
    );
  }

  /** Endpoint → names of its files. */
  async tlsFileNames(name: string): Promise<Record<string, string[]>> {
    if (name === DEFAULT_CONTEXT) return {};
    const top = this.paths(name).TLSPath;
    const found: Record<string, string[]> = {};
    for (const endpoint of await this.#names(top)) {
      if (!(await this.#isDirectory(`${top}/${endpoint}`))) continue;
      found[endpoint] = [];
      for (const file of await this.#names(`${top}/${endpoint}`)) {
        if (!(await this.#isDirectory(`${top}/${endpoint}/${file}`))) found[endpoint].push(file);
      }
    }
    return found;
  }

  async tlsFiles(name: string): Promise<TlsFiles> {
    const found: TlsFiles = {};
    for (const [endpoint, names] of Object.entries(await this.tlsFileNames(name))) {
      const files: [string, Uint8Array][] = [];
      for (const file of names) files.push([file, await this.files.read(`${this.paths(name).TLSPath}/${endpoint}/${file}`)]);
      found[endpoint] = Object.fromEntries(files);
    }
    return found;
  }

  /** Takes the place of all files of a context, or of one of its endpoints. */
  async resetTls(name: string, tls: TlsFiles, endpoint?: string): Promise<void> {
    const top = this.paths(name).TLSPath;
    await this.#removeIfThere(endpoint === undefined ? top : `${top}/${endpoint}`);
    for (const [kind, files] of Object.entries(tls)) {
      await this.files.makeDirectory(`${top}/${kind}`, 0o700);
      for (const [file, bytes] of Object.entries(files)) await this.#write(`${top}/${kind}/${file}`, bytes, 0o600);
    }
  }

  /** Where things are kept, as `docker context inspect` shows it. */
  paths(name: string): { MetadataPath: string; TLSPath: string } {
    if (name === DEFAULT_CONTEXT) return { MetadataPath: '<IN MEMORY>', TLSPath: '<IN MEMORY>' };
    return { MetadataPath: `${this.#root}/meta/${idOf(name)}`, TLSPath: `${this.#root}/tls/${idOf(name)}` };
  }

  get #root(): string {
    return `${this.configDirectory}/contexts`;
  }

  #default(): ContextMetadata {
    return { Name: DEFAULT_CONTEXT, Metadata: {}, Endpoints: { docker: { Host: this.defaultHost(), SkipTLSVerify: false } } };
  }

  async #read(directory: string): Promise<ContextMetadata> {
    const path = `${this.#root}/meta/${directory}/meta.json`;
    let text: string;
    try {
      text = new TextDecoder().decode(await this.files.read(path));
    } catch (error) {
      const reason = openError(path, error);
      if (error instanceof FileError && error.code === 'ENOENT') throw new ContextNotFound(`context not found: ${reason.message}`);
      throw reason;
    }
    try {
      return readMetadata(text);
    } catch (error) {
      throw new Error(`parsing ${path}: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Every directory below `meta` that has a context in it; they may lie in one another. */
  async #directories(below: string): Promise<string[]> {
    const found: string[] = [];
    for (const name of await this.#names(`${this.#root}/meta/${below}`)) {
      const path = below === '' ? name : `${below}/${name}`;
      if (!(await this.#isDirectory(`${this.#root}/meta/${path}`))) continue;
      const file = await this.files.stat(`${this.#root}/meta/${path}/meta.json`).catch(() => undefined);
      if (file && file.type !== 'directory') found.push(path);
      found.push(...(await this.#directories(path)));
    }
    return found;
  }

  async #names(path: string): Promise<string[]> {
    return await this.files.list(path).then((names) => names.sort(), noneIfMissing);
  }

  async #isDirectory(path: string): Promise<boolean> {
    return (await this.files.stat(path)).type === 'directory';
  }

  /** In full or not at all. */
  async #write(path: string, bytes: Uint8Array, mode: number): Promise<void> {
    const temporary = path.replace(/[^/]*$/, '.tmp-$&');
    await this.files.write(temporary, bytes, mode);
    await this.files.setMode(temporary, mode);
    await this.files.rename(temporary, path);
  }

  async #removeIfThere(path: string): Promise<void> {
    await this.files.remove(path).catch(noneIfMissing);
  }
}

function noneIfMissing(error: unknown): string[] {
  if (error instanceof FileError && error.code === 'ENOENT') return [];
  throw error;
}

/** What its directories are called. */
function idOf(name: string): string {
  return [...sha256(new TextEncoder().encode(name))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
