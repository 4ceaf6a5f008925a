/** Files for the loader, with Go's words for what is not there. */
import { joinPath } from '#engine/go-path.ts';
import { FileError, type CliFiles } from '../../environment.ts';
import { fileReason } from '../../options/open-error.ts';
import { ComposeError } from '../compose-error.ts';
import { isAbsolutePath } from './paths.ts';

/** What the loader reads; relative paths are never asked for. */
export type ProjectFiles = Pick<CliFiles, 'read' | 'stat'>;

export class FileReader {
  readonly #files: ProjectFiles;
  readonly #cwd: string;

  /** @param cwd what relative paths are resolved against; Compose has some of them, in files included by included ones */
  constructor(files: ProjectFiles, cwd: string) {
    this.#files = files;
    this.#cwd = cwd;
  }

  /** @throws ComposeError: `open /path: no such file or directory`, status 14 */
  async text(path: string): Promise<string> {
    if (path === '') throw new ComposeError('open : no such file or directory', 14);
    try {
      return new TextDecoder().decode(await this.#files.read(this.#absolute(path)));
    } catch (error) {
      const call = error instanceof FileError && error.code === 'EISDIR' ? 'read' : 'open';
      throw fileError(call, path, error);
    }
  }

  /** What a path is, links followed; undefined when there is nothing. Other errors are thrown. */
  async kind(path: string): Promise<'file' | 'directory' | undefined> {
    if (path === '') return undefined;
    try {
      const { type } = await this.#files.stat(this.#absolute(path));
      return type === 'directory' ? 'directory' : 'file';
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw fileError('stat', path, error);
    }
  }

  #absolute(path: string): string {
    return isAbsolutePath(path) ? path : joinPath(this.#cwd, path);
  }

  /** The target of a symbolic link; undefined for what is none. */
  async link(path: string): Promise<string | undefined> {
    try {
      const status = await this.#files.stat(this.#absolute(path), { follow: false });
      return status.type === 'symlink' ? status.linkName : undefined;
    } catch {
      return undefined;
    }
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof FileError && error.code === 'ENOENT';
}

export function fileError(call: string, path: string, error: unknown): ComposeError {
  if (!(error instanceof FileError)) throw error;
  return new ComposeError(`${call} ${path}: ${fileReason(error)}`, 14);
}
