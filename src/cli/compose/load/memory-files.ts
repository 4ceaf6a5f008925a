/** Files of a project for tests: texts by path below one directory. */
import { FileError, type FileStatus } from '../../environment.ts';
import type { ProjectFiles } from './read-file.ts';

export function memoryFiles(directory: string, texts: Record<string, string>): ProjectFiles {
  const files = new Map(Object.entries(texts).map(([name, text]) => [`${directory}/${name}`, text]));
  const isDirectory = (path: string): boolean => path === '/' || [...files.keys()].some((name) => name.startsWith(`${path}/`));
  const status = (type: FileStatus['type']): FileStatus => ({ type, sizeBytes: 0, mode: 0o644, uid: 0, gid: 0, mtimeMs: 0 });
  return {
    read: (path) => {
      const text = files.get(path);
      if (text === undefined) return Promise.reject(new FileError(isDirectory(path) ? 'EISDIR' : 'ENOENT', path));
      return Promise.resolve(new TextEncoder().encode(text));
    },
    stat: (path) => {
      if (files.has(path)) return Promise.resolve(status('file'));
      return isDirectory(path) ? Promise.resolve(status('directory')) : Promise.reject(new FileError('ENOENT', path));
    },
  };
}
