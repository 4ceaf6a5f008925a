/**
 * Copies files between a container and the local file system, as archives.
 * Source: docker/cli cli/command/container/cp.go.
 */
import { joinPath } from '#engine/go-path.ts';
import type { Command, CommandContext } from '../command.ts';
import { humanSizeWithPrecision } from '../units/size.ts';
import { containerPath } from './container-path.ts';
import { absoluteLocalPath, planCopy, rebased, renamer, splitCopyArgument, splitEntry, type CopyEnd } from './copy/copy-paths.ts';
import { localArchive } from './copy/local-archive.ts';
import { checkOutput, localDestination, localSource } from './copy/local-ends.ts';
import { readPathStat, refuseSpecial, statInContainer } from './copy/path-stat.ts';
import { unpackArchive } from './copy/unpack.ts';

/** @cli  Y  docker container cp  "Copy files/folders between a container and the local filesystem" */
export const cpCommand: Command = {
  path: ['container', 'cp'],
  async run(context) {
    const [source = '', destination = ''] = context.args;
    if (source === '') throw new Error('source can not be empty');
    if (destination === '') throw new Error('destination can not be empty');
    const [sourceContainer, sourcePath] = splitCopyArgument(source);
    const [targetContainer, targetPath] = splitCopyArgument(destination);
    if (sourceContainer !== '' && targetContainer !== '') throw new Error('copying between containers is not supported');
    if (sourceContainer !== '') await copyOut(context, sourceContainer, sourcePath, targetPath);
    else if (targetContainer !== '') await copyIn(context, sourcePath, targetContainer, targetPath);
    else throw new Error('must specify at least one container source');
  },
};

/** Without a terminal nothing is said, unless asked for. */
function isQuiet({ flags, environment }: CommandContext): boolean {
  return flags.changed('quiet') ? flags.bool('quiet') : !environment.stdout.isTerminal;
}

/** @param quiet says nothing of how much it was */
export async function copyOut(
  context: CommandContext,
  container: string,
  given: string,
  to: string,
  quiet = isQuiet(context),
): Promise<void> {
  const { environment } = context;
  const { files, cwd, stdout } = environment;
  const target = to === '-' ? '-' : absoluteLocalPath(cwd, to);
  await checkOutput(files, target);
  const api = await context.api();
  const archivePath = containerPath(container, 'archive');
  let source: { path: string; archivedAs?: string } = { path: given };
  if (context.flags.bool('follow-link')) {
    const stat = await statInContainer(api, archivePath, given);
    if (stat?.type === 'symlink') source = rebased(given, linkTarget(given, stat.linkTarget));
  }
  const { chunks, headers } = await api.stream(archivePath, { query: { path: source.path } });
  const { type } = readPathStat(headers);
  if (target === '-') {
    for await (const chunk of chunks) await stdout.write(chunk);
    return;
  }
  const counter = new Counter(chunks);
  const unpack = async (): Promise<void> => {
    const end: CopyEnd = { ...source, exists: true, isDirectory: type === 'directory' };
    const { directory, rename } = planCopy(end, await localDestination(files, target));
    const own = source.archivedAs === undefined ? (name: string) => name : renamer(splitEntry(source.path)[1], source.archivedAs);
    await unpackArchive(files, counter, directory, (name) => rename(own(name)));
  };
  await reported(context, counter, target, quiet, unpack);
}

/** @param quiet says nothing of how much it was */
export async function copyIn(
  context: CommandContext,
  from: string,
  container: string,
  given: string,
  quiet = isQuiet(context),
): Promise<void> {
  const { flags, environment } = context;
  const { files, cwd, stdin } = environment;
  const api = await context.api();
  const archivePath = containerPath(container, 'archive');
  let path = given;
  let stat = await statInContainer(api, archivePath, given);
  if (stat?.type === 'symlink') {
    path = linkTarget(given, stat.linkTarget);
    stat = await statInContainer(api, archivePath, path);
  }
  if (stat) refuseSpecial(stat.type, `destination "${container}:${given}" must be a directory or a regular file`);
  const target: CopyEnd = { path, exists: stat !== undefined, isDirectory: stat?.type === 'directory' };
  const put = async (directory: string, body: AsyncIterable<Uint8Array>): Promise<void> => {
    const query = { path: directory, noOverwriteDirNonDir: 'true', copyUIDGID: flags.bool('archive') ? 'true' : undefined };
    await api.put(archivePath, { query, body, headers: { 'Content-Type': 'text/plain' } });
  };
  if (from === '-') {
    if (!target.isDirectory) throw new Error(`destination "${container}:${given}" must be a directory`);
    const counter = new Counter(stdin.chunks());
    return await reported(context, counter, `${container}:${path}`, quiet, () => put(path, counter));
  }
  const source = await localSource(files, absoluteLocalPath(cwd, from), flags.bool('follow-link'));
  const { directory, rename } = planCopy(source, target);
  const own = source.archivedAs === undefined ? (name: string) => name : renamer(splitEntry(source.path)[1], source.archivedAs);
  const counter = new Counter(localArchive(files, source.path, (name) => rename(own(name))));
  await reported(context, counter, `${container}:${path}`, quiet, () => put(directory, counter));
}

/** Where a link in a container leads, seen from its root. */
function linkTarget(path: string, target: string): string {
  return target.startsWith('/') ? target : joinPath(splitEntry(path)[0], target);
}

/** Copies, and says how much, whether or not it went well. */
async function reported(
  context: CommandContext,
  counter: Counter,
  place: string,
  quiet: boolean,
  copy: () => Promise<void>,
): Promise<void> {
  try {
    await copy();
  } finally {
    if (!quiet) await context.err(`Successfully copied ${humanSizeWithPrecision(counter.bytes, 3)} to ${place}\n`);
  }
}

/** A stream whose bytes are counted as they pass. */
class Counter implements AsyncIterable<Uint8Array> {
  bytes = 0;
  readonly #chunks: AsyncIterable<Uint8Array>;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#chunks) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}
