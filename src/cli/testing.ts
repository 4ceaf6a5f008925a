/**
 * A process for tests of the command line: buffers for streams, an object for files, a handler for the
 * daemon. Terminals, signals and slow readers are there when a test asks for them.
 */
import type { ApiHandler } from '#engine/api/http.ts';
import { concatBytes } from '#engine/bytes.ts';
import { VirtualClock } from '#engine/clock.ts';
import {
  FileError,
  type CliEnvironment,
  type CliFiles,
  type CliInput,
  type CliOutput,
  type FileStatus,
  type UnpackPiece,
  type WalkedFile,
} from './environment.ts';
import { runCli } from './cli.ts';

export interface FakeOptions {
  args?: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** What standard input holds; it ends after that. */
  stdin?: string | Uint8Array;
  /** Standard streams are terminals of this size. */
  terminal?: { rows: number; columns: number };
  /** Whether standard input is one too; it is unless said otherwise. */
  stdinIsTerminal?: boolean;
  /** Path → content, or where a link leads, or a directory's mode; directories exist when a file is in them as well. */
  files?: Record<string, string | { link: string } | { directory: number }>;
  /** Files shipped with the app: path → content. */
  assets?: Record<string, string>;
  /** The daemon; without one nothing answers. */
  handler?: ApiHandler;
  clock?: VirtualClock;
}

export class FakeEnvironment implements CliEnvironment {
  args: string[];
  program = 'docker';
  env: Record<string, string>;
  cwd: string;
  readonly stdin: CliInput & { raw: boolean };
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
  readonly files: FakeFiles;
  readonly clock: VirtualClock;
  /** Hosts that were connected to, in order. */
  readonly connected: string[] = [];
  #handler: ApiHandler | undefined;
  #assets: Record<string, string>;
  #listeners = new Set<(signal: string) => void>();

  constructor(options: FakeOptions = {}) {
    this.args = options.args ?? [];
    this.env = { HOME: '/root', ...options.env };
    this.cwd = options.cwd ?? '/root';
    this.stdout = new FakeOutput(options.terminal);
    this.stderr = new FakeOutput(options.terminal);
    this.files = new FakeFiles(options.files ?? {}, this.cwd);
    this.clock = options.clock ?? new VirtualClock();
    this.#handler = options.handler;
    this.#assets = options.assets ?? {};
    this.stdin = fakeInput(options.stdin ?? '', options.terminal !== undefined && options.stdinIsTerminal !== false);
  }

  async connect(host: string): Promise<ApiHandler> {
    this.connected.push(host);
    if (!this.#handler) throw new Error('connection refused');
    return this.#handler;
  }

  async asset(path: string): Promise<Uint8Array | undefined> {
    const text = this.#assets[path];
    return text === undefined ? undefined : new TextEncoder().encode(text);
  }

  /** Bound: an environment that is made of this one, with other streams, has it too. */
  readonly onSignal = (listener: (signal: string) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Sends the process a signal. */
  signal(name: string): void {
    for (const listener of [...this.#listeners]) listener(name);
  }
}

export class FakeOutput implements CliOutput {
  text = '';
  /** What was written, as it came. */
  readonly pieces: Uint8Array[] = [];
  readonly isTerminal: boolean;
  #terminal: { rows: number; columns: number } | undefined;
  #decoder = new TextDecoder();

  constructor(terminal?: { rows: number; columns: number }) {
    this.isTerminal = terminal !== undefined;
    this.#terminal = terminal;
  }

  async write(data: Uint8Array | string): Promise<void> {
    this.pieces.push(typeof data === 'string' ? new TextEncoder().encode(data) : data.slice());
    this.text += typeof data === 'string' ? data : this.#decoder.decode(data, { stream: true });
  }

  size(): { rows: number; columns: number } | undefined {
    return this.#terminal;
  }
}

interface FakeFile {
  type: FileStatus['type'];
  mode: number;
  content: Uint8Array;
  linkName?: string;
}

/** When every file was changed. */
export const FAKE_MTIME_MS = Date.UTC(2026, 0, 1);

class FakeFiles implements CliFiles {
  /** By absolute path; a directory is there when it is named or something is in it. */
  readonly #files = new Map<string, FakeFile>();

  constructor(
    files: Record<string, string | { link: string } | { directory: number }>,
    readonly cwd: string,
  ) {
    const empty = new Uint8Array(0);
    for (const [path, file] of Object.entries(files)) {
      if (typeof file === 'string') this.#put(path, { type: 'file', mode: 0o644, content: new TextEncoder().encode(file) });
      else if ('link' in file) this.#put(path, { type: 'symlink', mode: 0o777, content: empty, linkName: file.link });
      else this.#put(path, { type: 'directory', mode: file.directory, content: empty });
    }
  }

  /** Of everything that is named. */
  paths(): string[] {
    return [...this.#files.keys()];
  }

  /** Absolute path → content, of regular files. */
  get contents(): ReadonlyMap<string, Uint8Array> {
    return new Map([...this.#files].filter(([, { type }]) => type === 'file').map(([path, { content }]) => [path, content]));
  }

  /** `-rw-r--r-- text`, `drwx------`, `link -> target`: what is at a path. */
  describe(path: string): string | undefined {
    const resolved = this.#resolve(path);
    const file = this.#files.get(resolved);
    if (!file) return [...this.#files.keys()].some((name) => name.startsWith(`${resolved}/`)) ? 'directory 755' : undefined;
    const mode = file.mode.toString(8);
    if (file.type === 'symlink') return `link -> ${file.linkName ?? ''}`;
    return file.type === 'directory' ? `directory ${mode}` : `${mode} ${new TextDecoder().decode(file.content)}`;
  }

  async read(path: string): Promise<Uint8Array> {
    const file = await this.#found('open', path);
    if (file.type === 'directory') throw new FileError('EISDIR', `read ${path}: is a directory`);
    return file.content;
  }

  async *chunks(path: string): AsyncGenerator<Uint8Array> {
    yield await this.read(path);
  }

  async write(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
    const existing = this.#files.get(this.#resolve(path));
    if (await this.#isDirectory(path)) throw new FileError('EISDIR', `open ${path}: is a directory`);
    await this.#checkParent(path);
    this.#put(path, { type: 'file', mode: existing?.mode ?? mode, content: bytes.slice() });
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#found('open', path);
    const content = new Uint8Array(file.content.length + bytes.length);
    content.set(file.content);
    content.set(bytes, file.content.length);
    file.content = content;
  }

  async stat(path: string, { follow = true }: { follow?: boolean } = {}): Promise<FileStatus> {
    const { type, mode, content, linkName } = await this.#found('stat', path, follow);
    return { type, sizeBytes: content.length, mode, uid: 0, gid: 0, mtimeMs: FAKE_MTIME_MS, ...(linkName !== undefined && { linkName }) };
  }

  async list(path: string): Promise<string[]> {
    const prefix = `${this.#resolve(path).replace(/\/$/, '')}/`;
    const names = [...this.#files.keys()].filter((name) => name.startsWith(prefix) && name !== '/');
    return [...new Set(names.map((name) => name.slice(prefix.length).split('/')[0] ?? ''))].sort();
  }

  async remove(path: string): Promise<void> {
    const top = this.#resolve(path);
    const gone = [...this.#files.keys()].filter((name) => name === top || name.startsWith(`${top}/`));
    if (gone.length === 0) throw new FileError('ENOENT', `remove ${path}: no such file or directory`);
    for (const name of gone) this.#files.delete(name);
    // The directory that it was in stays.
    const parent = this.#resolve(`${path}/..`);
    if (parent !== '/' && !this.#files.has(parent)) this.#put(parent, { type: 'directory', mode: 0o755, content: new Uint8Array(0) });
  }

  async makeDirectory(path: string, mode = 0o755): Promise<void> {
    if (await this.#isDirectory(path)) return;
    if (this.#files.has(this.#resolve(path))) throw new FileError('EEXIST', `mkdir ${path}: file exists`);
    if (this.#resolve(path) !== '/') await this.makeDirectory(`${path}/..`, mode);
    this.#put(path, { type: 'directory', mode, content: new Uint8Array(0) });
  }

  async symlink(target: string, path: string): Promise<void> {
    if (this.#files.has(this.#resolve(path))) throw new FileError('EEXIST', `symlink ${path}: file exists`);
    this.#put(path, { type: 'symlink', mode: 0o777, content: new Uint8Array(0), linkName: target });
  }

  async rename(from: string, to: string): Promise<void> {
    const file = await this.#found('rename', from, false);
    this.#files.delete(this.#resolve(from));
    this.#put(to, file);
  }

  async setMode(path: string, mode: number): Promise<void> {
    (await this.#found('chmod', path)).mode = mode;
  }

  async *walk(path: string, enter: (path: string) => boolean = () => true, below = ''): AsyncGenerator<WalkedFile> {
    for (const name of await this.list(below === '' ? path : `${path}/${below}`)) {
      const own = below === '' ? name : `${below}/${name}`;
      const { type, ...status } = await this.stat(`${path}/${own}`, { follow: false });
      yield { path: own, type: type === 'other' ? 'socket' : type, ...status, content: () => this.read(`${path}/${own}`) };
      if (type === 'directory' && enter(own)) yield* this.walk(path, enter, own);
    }
  }

  /** Links are not followed, since none is looked for on the way. */
  async unpack(directory: string, pieces: AsyncIterable<UnpackPiece>): Promise<void> {
    let current: FakeFile | undefined;
    for await (const piece of pieces) {
      if ('content' in piece) {
        if (current) current.content = concatBytes([current.content, piece.content]);
        continue;
      }
      const { path, type, mode, linkName } = piece.file;
      const place = `${directory}/${path}`;
      const before = await this.stat(place, { follow: false }).catch(() => undefined);
      const isDirectory = type === 'directory';
      if (before && (before.type === 'directory') !== isDirectory) {
        const [old, made] = isDirectory ? ['non-directory', 'directory'] : ['directory', 'non-directory'];
        throw new FileError('EEXIST', `cannot overwrite ${old} "${this.#resolve(place)}" with ${made} "${directory}"`);
      }
      current = { type: type === 'file' || type === 'directory' || type === 'symlink' ? type : 'other', mode, content: new Uint8Array(0) };
      if (type === 'symlink') current.linkName = linkName ?? '';
      if (type === 'hardlink') current = await this.#found('link', `${directory}/${linkName ?? ''}`, false);
      this.#put(place, current);
    }
  }

  async #found(verb: string, path: string, follow = true): Promise<FakeFile> {
    const resolved = this.#resolve(path);
    const file = this.#files.get(resolved);
    if (file?.type === 'symlink' && follow) {
      const target = file.linkName ?? '';
      return await this.#found(verb, target.startsWith('/') ? target : `${resolved}/../${target}`);
    }
    if (file) return file;
    if (resolved === '/' || (await this.list(resolved)).length > 0) return { type: 'directory', mode: 0o755, content: new Uint8Array(0) };
    throw new FileError('ENOENT', `${verb} ${path}: no such file or directory`);
  }

  async #isDirectory(path: string): Promise<boolean> {
    return await this.stat(path).then(
      ({ type }) => type === 'directory',
      () => false,
    );
  }

  /** A file can be made only where its directory is; the working directory always is. */
  async #checkParent(path: string): Promise<void> {
    const parent = this.#resolve(`${path}/..`);
    if (parent === this.cwd || parent === '/' || (await this.#isDirectory(parent))) return;
    throw new FileError('ENOENT', `open ${path}: no such file or directory`);
  }

  #put(path: string, file: FakeFile): void {
    this.#files.set(this.#resolve(path), file);
  }

  #resolve(path: string): string {
    const parts: string[] = [];
    for (const part of (path.startsWith('/') ? path : `${this.cwd}/${path}`).split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '' && part !== '.') parts.push(part);
    }
    return `/${parts.join('/')}`;
  }
}

function fakeInput(content: string | Uint8Array, isTerminal: boolean): CliInput & { raw: boolean } {
  return {
    isTerminal,
    raw: false,
    async *chunks() {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      if (bytes.length > 0) yield bytes;
    },
    async setRaw(raw) {
      this.raw = raw;
    },
  };
}

export interface CliResult {
  status: number;
  stdout: string;
  stderr: string;
  environment: FakeEnvironment;
}

/** Runs `docker <args>` to its end. */
export async function runDocker(args: string[], options: Omit<FakeOptions, 'args'> = {}): Promise<CliResult> {
  const environment = new FakeEnvironment({ ...options, args });
  const status = await runCli(environment);
  return { status, stdout: environment.stdout.text, stderr: environment.stderr.text, environment };
}
