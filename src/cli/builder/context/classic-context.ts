/**
 * What the classic builder is made to build from. It differs from buildx in its words, and in that the Dockerfile
 * must be there and is looked for where links lead.
 * Source: docker/cli cli/command/image/build/context.go.
 */
import { messageOf } from '#engine/errors.ts';
import { joinPath } from '#engine/go-path.ts';
import type { CliEnvironment } from '../../environment.ts';
import { openError } from '../../options/open-error.ts';
import { isArchive, SIGNATURE_BYTES } from './archive-signature.ts';
import { isRemote, MAX_DOCKERFILE_BYTES, matcherOf, streamOf } from './build-context.ts';
import { contextArchive, singleFileArchive, type AddedFile } from './context-archive.ts';
import { absolutePath, DEFAULT_DOCKERFILE, dockerfileIn, pathBelow, readIfThere, statusOf } from './dockerfile-place.ts';
import { freeName } from './free-name.ts';
import { peek, readAll } from './peek.ts';

export interface ClassicContext {
  archive: AsyncIterable<Uint8Array>;
  /** Empty where the daemon is to find it. */
  dockerfile: string;
}

/** @param file `--file`; empty for the default */
export async function classicContext(environment: CliEnvironment, path: string, file: string): Promise<ClassicContext> {
  if (file === '-' && path === '-') throw new Error("invalid argument: can't use stdin for both build context and dockerfile");
  const prepare = async (): Promise<ClassicContext> => {
    if (path === '-') return await fromInput(environment, file);
    if (await statusOf(environment.files, path)) return await fromDirectory(environment, path, file);
    if (isRemote(path)) throw new Error(`unable to download remote context ${path}: there is no way to the internet here`);
    throw new Error(`path "${path}" not found`);
  };
  try {
    return await prepare();
  } catch (error) {
    throw new Error(`unable to prepare context: ${messageOf(error)}`, { cause: error });
  }
}

async function fromInput({ stdin, clock }: CliEnvironment, file: string): Promise<ClassicContext> {
  const { beginning, chunks } = await peek(stdin.chunks(), SIGNATURE_BYTES);
  if (isArchive(beginning)) return { archive: chunks, dockerfile: file };
  if (file !== '') throw new Error('ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles');
  const dockerfile = await readAll(chunks, MAX_DOCKERFILE_BYTES);
  return { archive: streamOf(singleFileArchive(DEFAULT_DOCKERFILE, dockerfile, clock.now())), dockerfile: DEFAULT_DOCKERFILE };
}

async function fromDirectory(environment: CliEnvironment, path: string, file: string): Promise<ClassicContext> {
  const { files, cwd, clock, stdin } = environment;
  const directory = absolutePath(cwd, path);
  if ((await files.stat(directory)).type !== 'directory') throw new Error(`context must be a directory: ${directory}`);
  const place = file === '' || file === '-' ? await dockerfileIn(files, directory) : absolutePath(cwd, file);
  const ignore = await readIfThere(files, joinPath(directory, '.dockerignore'));
  const outside = file === '-' ? await readAll(stdin.chunks(), MAX_DOCKERFILE_BYTES) : undefined;
  if (!outside) await checkThere(environment, place);
  const inside = outside ? undefined : pathBelow(directory, place);
  const content = inside === undefined ? (outside ?? (await files.read(place))) : undefined;
  const dockerfile = inside ?? (await freeName(environment, directory));
  const archive = contextArchive(files, clock.now(), {
    directory,
    ignore: matcherOf(ignore),
    keep: new Set(['.dockerignore', ...(inside === undefined ? [] : [inside])]),
    withParents: false,
    added: content ? addedDockerfile(dockerfile, content) : new Map<string, AddedFile>(),
  });
  return { archive, dockerfile };
}

async function checkThere({ files }: CliEnvironment, place: string): Promise<void> {
  await files.stat(place).catch((error: unknown) => {
    const reason = openError(place, error).message.replace(/^open /, 'lstat ');
    throw new Error(`unable to evaluate symlinks in Dockerfile path: ${reason}`, { cause: error });
  });
}

/** The file under its name, and a `.dockerignore` that keeps it out of the image. */
function addedDockerfile(name: string, content: Uint8Array): Map<string, AddedFile> {
  const rules: AddedFile = (before) => {
    const own = before ? new TextDecoder().decode(before) : '.dockerignore';
    return new TextEncoder().encode(`${own}\n${name}\n`);
  };
  return new Map<string, AddedFile>([
    ['.dockerignore', rules],
    [name, () => content],
  ]);
}
