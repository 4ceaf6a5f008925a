/**
 * Which files a project is in: those named, those of `COMPOSE_FILE`, or the default names in this directory or the next
 * one up.
 * Source: compose-go v2.6.3 cli/options.go.
 */
import { joinPath } from '#engine/go-path.ts';
import { ComposeError } from '../compose-error.ts';
import { isAbsolutePath, parentPath } from './paths.ts';
import type { FileReader } from './read-file.ts';

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDE_NAMES = ['compose.override.yml', 'compose.override.yaml', 'docker-compose.override.yml', 'docker-compose.override.yaml'];

/** As given, absolute for those that were looked for; none when there is none. */
export async function findProjectFiles(
  files: string[],
  environment: Record<string, string>,
  cwd: string,
  projectDirectory: string | undefined,
  reader: FileReader,
  warn: (message: string) => void,
): Promise<string[]> {
  if (files.length > 0) return files;
  const fromEnvironment = environment['COMPOSE_FILE'];
  if (fromEnvironment !== undefined) {
    const separator = environment['COMPOSE_PATH_SEPARATOR'] || ':';
    return Promise.all(fromEnvironment.split(separator).map((file) => existingFile(file, cwd, reader)));
  }
  for (let directory = projectDirectory ?? cwd; ; directory = parentPath(directory)) {
    const [winner] = await candidates(NAMES, directory, 'config', reader, warn);
    if (winner !== undefined) return [winner, ...(await candidates(OVERRIDE_NAMES, directory, 'override', reader, warn)).slice(0, 1)];
    if (directory === parentPath(directory)) return [];
  }
}

async function existingFile(file: string, cwd: string, reader: FileReader): Promise<string> {
  if (file === '-') return file;
  const path = isAbsolutePath(file) ? joinPath(file) : joinPath(cwd, file);
  if ((await reader.kind(path)) === undefined) throw new ComposeError(`stat ${path}: no such file or directory`, 1);
  return path;
}

async function candidates(
  names: string[],
  directory: string,
  what: string,
  reader: FileReader,
  warn: (message: string) => void,
): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    const path = joinPath(directory, name);
    if ((await reader.kind(path).catch(() => undefined)) !== undefined) found.push(path);
  }
  if (found.length > 1) {
    warn(`Found multiple ${what} files with supported names: ${found.join(', ')}`);
    warn(`Using ${found[0]}`);
  }
  return found;
}
