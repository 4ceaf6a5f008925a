/**
 * What a build is made from, as `docker build` is told by its argument: a directory, an archive or a Dockerfile on
 * standard input. Errors have buildx's words.
 * Source: docker/buildx build/opt.go, loadInputs.
 */
import { readIgnoreFile } from '#engine/build/dockerignore/ignore-file.ts';
import { IgnoreMatcher } from '#engine/build/dockerignore/matcher.ts';
import { joinPath } from '#engine/go-path.ts';
import type { CliEnvironment } from '../../environment.ts';
import { isArchive, SIGNATURE_BYTES } from './archive-signature.ts';
import { contextArchive, singleFileArchive } from './context-archive.ts';
import { absolutePath, DEFAULT_DOCKERFILE, dockerfileIn, isDirectory, pathBelow, readIfThere, statusOf } from './dockerfile-place.ts';
import { freeName } from './free-name.ts';
import { peek, readAll } from './peek.ts';

/** Nobody writes a longer one. */
export const MAX_DOCKERFILE_BYTES = 16 << 20;

export interface BuildContext {
  archive: AsyncIterable<Uint8Array>;
  /** The Dockerfile's name in the archive. */
  dockerfile: string;
  /** The name by which steps call it, where that is another. */
  shownName?: string;
  /** How messages call it: as it was given. */
  sourceName: string;
  /** Its text, where it was read here. */
  source?: () => Promise<string | undefined>;
}

export interface ContextRequest {
  path: string;
  /** `--file`; empty for the default. */
  file: string;
}

export async function prepareContext(environment: CliEnvironment, request: ContextRequest): Promise<BuildContext> {
  const { path, file } = request;
  if (path === '') throw new Error('please specify build context (e.g. "." for the current directory)');
  if (path === '-') return await contextFromInput(environment, file);
  if (await isDirectory(environment.files, path)) return await contextFromDirectory(environment, request);
  if (isRemote(path)) throw new Error(`failed to read ${path}: there is no way to the internet here; put the files into a directory`);
  throw new Error(`unable to prepare context: path "${path}" not found`);
}

async function contextFromInput({ stdin, clock }: CliEnvironment, file: string): Promise<BuildContext> {
  if (file === '-') throw new Error("invalid argument: can't use stdin for both build context and dockerfile");
  const { beginning, chunks } = await peek(stdin.chunks(), SIGNATURE_BYTES);
  if (isArchive(beginning)) {
    return { archive: chunks, dockerfile: file || DEFAULT_DOCKERFILE, sourceName: file || joinPath('-', DEFAULT_DOCKERFILE) };
  }
  if (file !== '') throw new Error('ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles');
  const dockerfile = await readAll(chunks, MAX_DOCKERFILE_BYTES);
  return {
    archive: streamOf(singleFileArchive(DEFAULT_DOCKERFILE, dockerfile, clock.now())),
    dockerfile: DEFAULT_DOCKERFILE,
    sourceName: joinPath('-', DEFAULT_DOCKERFILE),
    source: async () => new TextDecoder().decode(dockerfile),
  };
}

async function contextFromDirectory(environment: CliEnvironment, request: ContextRequest): Promise<BuildContext> {
  const { files, cwd, stdin } = environment;
  const directory = absolutePath(cwd, request.path);
  if (request.file === '-') {
    const content = await readAll(stdin.chunks(), MAX_DOCKERFILE_BYTES);
    return {
      ...(await withDockerfile(environment, { directory, content, ignore: await ignoreOf(environment, directory) })),
      sourceName: 'stdin',
    };
  }
  const sourceName = request.file || joinPath(request.path, DEFAULT_DOCKERFILE);
  const place = request.file === '' ? await dockerfileIn(files, directory) : await givenDockerfile(environment, request.file);
  const inside = pathBelow(directory, place);
  const ignore = (await readIfThere(files, `${place}.dockerignore`)) ?? (await ignoreOf(environment, directory));
  const status = await statusOf(files, place, false);
  const source = async (): Promise<string | undefined> => textOf(await readIfThere(files, place));
  // A link may lead out of the context, where the builder cannot follow it.
  const isElsewhere = inside === undefined || status?.type === 'symlink';
  const content = isElsewhere ? await readIfThere(files, place) : undefined;
  if (content)
    return { ...(await withDockerfile(environment, { directory, content, ignore, shownName: lastName(place) })), sourceName, source };
  const dockerfile = inside ?? lastName(place);
  const archive = contextArchive(files, environment.clock.now(), {
    directory,
    ignore: matcherOf(ignore),
    keep: new Set(['.dockerignore', dockerfile, `${dockerfile}.dockerignore`]),
    withParents: true,
    added: new Map(),
  });
  return { archive, dockerfile, sourceName, source };
}

/** Relative to the working directory, not to the context. */
async function givenDockerfile({ files, cwd }: CliEnvironment, file: string): Promise<string> {
  const path = absolutePath(cwd, file);
  return await dockerfileIn(files, joinPath(path, '..'), lastName(path));
}

interface SentDockerfile {
  directory: string;
  content: Uint8Array;
  ignore: Uint8Array | undefined;
  shownName?: string;
}

/**
 * A Dockerfile that is not in the context is sent along under a name that nothing has; a file beside it that says what
 * is left out of the context names both.
 */
async function withDockerfile(
  environment: CliEnvironment,
  { directory, content, ignore, shownName = DEFAULT_DOCKERFILE }: SentDockerfile,
): Promise<Omit<BuildContext, 'sourceName'>> {
  const { files, clock } = environment;
  const dockerfile = await freeName(environment, directory);
  const own = `${dockerfile}.dockerignore`;
  const rules = new TextEncoder().encode(`${textOf(ignore) ?? ''}\n${dockerfile}\n${own}\n`);
  const archive = contextArchive(files, clock.now(), {
    directory,
    ignore: matcherOf(ignore),
    keep: new Set(['.dockerignore']),
    withParents: true,
    added: new Map([
      [dockerfile, () => content],
      [own, () => rules],
    ]),
  });
  return { archive, dockerfile, shownName, source: async () => textOf(content) };
}

async function ignoreOf({ files }: CliEnvironment, directory: string): Promise<Uint8Array | undefined> {
  return await readIfThere(files, joinPath(directory, '.dockerignore'));
}

export function matcherOf(ignore: Uint8Array | undefined): IgnoreMatcher {
  return new IgnoreMatcher(ignore ? readIgnoreFile(new TextDecoder().decode(ignore)) : []);
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** An address of a file or of a Git repository. */
export function isRemote(path: string): boolean {
  return /^(https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/.test(path);
}

/** Pieces that are there already, as a stream. */
export async function* streamOf(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
