/**
 * `docker build`: sends the context, shows what the builder tells, ends with its result. What goes wrong is said in
 * buildx's words, with the lines of the Dockerfile that it is about.
 * Source: docker/buildx commands/build.go.
 */
import { ApiError } from '#engine/api/client.ts';
import { AssertionError } from '#engine/assert.ts';
import { EngineError, messageOf } from '#engine/errors.ts';
import { fullString, parseNormalizedNamed, type Reference, tagNameOnly } from '#engine/oci/reference.ts';
import type { Command, CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { FileError } from '../environment.ts';
import { openError } from '../options/open-error.ts';
import { allRegistryAuths } from '../registry/credentials.ts';
import { buildEvent, buildFailure, type BuildMessage } from './build-answer.ts';
import { buildQuery, callOf, flagWarnings, refuseFlags } from './build-flags.ts';
import { printCheck, printWarnings, type CheckWarning } from './build-warnings.ts';
import { prepareContext, type BuildContext } from './context/build-context.ts';
import { checkBuilder } from './only-builder.ts';
import { displayOf, progressMode, type ProgressMode } from './progress-mode.ts';
import { ProgressWriter } from './progress/progress-writer.ts';
import type { SolveStatus, WarningUpdate } from './progress/solve-status.ts';
import { pushTags, tagsToPush } from './push-tags.ts';
import { secretHeaders } from './secrets.ts';
import { printExcerpt } from './source-excerpt.ts';

const CANCELED = 'ERROR: failed to build: failed to solve: Canceled: context canceled';
const CANCELED_STATUS = 130;

/** @cli  P[images only: no other outputs, attestations, SSH or further contexts]  docker buildx build  "Start a build" */
export const buildCommand: Command = {
  path: ['buildx', 'build'],
  async run(context) {
    const { flags, environment } = context;
    checkBuilder(context);
    await context.err(flagWarnings(flags));
    const isCheck = callOf(flags) === 'check';
    await removeStale(context, flags.string('iidfile'));
    const mode = progressMode(context);
    const result = await build(context, mode, isCheck).catch((error: unknown) => {
      throw failed(error);
    });
    if (isCheck) return await reportCheck(context, result);
    if (mode === 'quiet') await context.out(`${result.imageId}\n`);
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    if (flags.string('iidfile') !== '') await environment.files.write(flags.string('iidfile'), text(result.imageId));
    if (flags.string('metadata-file') !== '') await environment.files.write(flags.string('metadata-file'), text(metadata(context, result)));
    return 0;
  },
};

interface BuildResult {
  imageId: string;
  warnings: CheckWarning[];
  context: BuildContext;
  /** What a check could not go on from. */
  failure?: string;
}

/** What is refused before anything is asked, and what the builder refuses. Exit statuses and bugs pass. */
function failed(error: unknown): unknown {
  if (error instanceof ExitError || error instanceof AssertionError || error instanceof TypeError || error instanceof RangeError)
    return error;
  if (error instanceof EngineError && error.kind === 'cancelled') return error;
  if (error instanceof ApiError) return new ExitError(1, `ERROR: ${buildFailure(error.message)}`, { cause: error });
  const message = messageOf(error);
  return new ExitError(1, `ERROR: ${message.startsWith('failed to build: ') ? '' : 'failed to build: '}${message}`, { cause: error });
}

async function build(context: CommandContext, mode: ProgressMode, isCheck: boolean): Promise<BuildResult> {
  const { flags, environment, args } = context;
  refuseFlags(flags);
  const query = await buildQuery(context);
  const pushes = isCheck ? [] : tagsToPush(flags);
  const headers = await secretHeaders(environment, flags.list('secret'));
  const source = await prepareContext(environment, { path: args[0] ?? '', file: flags.string('file') });
  const api = await context.api();
  const messages = await api.messages<BuildMessage>('/build', {
    method: 'POST',
    query: { version: '2', dockerfile: source.dockerfile, check: isCheck || undefined, ...query },
    headers: { 'Content-Type': 'application/x-tar', ...(await allRegistryAuths(context)), ...headers },
    body: source.archive,
  });
  return await follow(context, mode, { isCheck, source, messages, pushes });
}

interface RunningBuild {
  isCheck: boolean;
  source: BuildContext;
  messages: AsyncIterable<BuildMessage>;
  /** Names under which the image is pushed when it is there. */
  pushes: readonly Reference[];
}

/** Shows the answer until it ends. */
async function follow(
  context: CommandContext,
  mode: ProgressMode,
  { isCheck, source, messages, pushes }: RunningBuild,
): Promise<BuildResult> {
  const writer = new ProgressWriter(displayOf(mode, context), context.environment.stderr, context.environment.clock);
  const result: BuildResult = { imageId: '', warnings: [], context: source };
  const warnings: WarningUpdate[] = [];
  let failure: string | undefined;
  let excerpt = '';
  const interruption = interruptedBy(context);
  try {
    const iterator = messages[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([iterator.next(), interruption.happened]);
      if (next === 'interrupted') {
        await writer.done();
        throw new ExitError(CANCELED_STATUS, CANCELED);
      }
      if (next.done) break;
      const event = buildEvent(next.value);
      if (event.kind === 'progress') {
        const status = renamed(event.status, source);
        warnings.push(...(status.warnings ?? []));
        await writer.update(status);
      } else if (event.kind === 'image') result.imageId = event.id;
      else if (event.kind === 'check') result.warnings = event.warnings;
      else if (event.kind === 'source') excerpt = printExcerpt(isCheck ? source.sourceName : renamedFile(event.file, source), event.lines);
      else if (event.kind === 'failure') failure = event.message;
    }
    try {
      if (failure === undefined) await pushTags(context, pushes, (status) => writer.update(status));
    } finally {
      await writer.done();
    }
  } finally {
    interruption.stop();
    writer.stop();
  }
  if (mode === 'plain' || mode === 'tty') await context.err(printWarnings(warnings, context.debug));
  if (failure === undefined) return result;
  if (isCheck) return { ...result, failure: `${failure.replace('failed to solve: ', '')}\n${excerpt}` };
  await context.err(excerpt);
  throw new ExitError(1, `ERROR: ${buildFailure(failure)}`);
}

/** A signal ends the build, which is then said. */
function interruptedBy(context: CommandContext): { happened: Promise<'interrupted'>; stop: () => void } {
  context.holdInterrupts();
  let stop = (): void => {};
  const happened = new Promise<'interrupted'>((resolve) => {
    stop = context.environment.onSignal((signal) => {
      if (signal === 'INT' || signal === 'TERM') resolve('interrupted');
    });
  });
  return { happened, stop };
}

/** A Dockerfile that was sent under a name of its own has its usual name in what is shown. */
function renamed(status: SolveStatus, source: BuildContext): SolveStatus {
  const { dockerfile, shownName } = source;
  if (shownName === undefined || !status.vertexes) return status;
  return {
    ...status,
    vertexes: status.vertexes.map((vertex) => ({ ...vertex, name: vertex.name?.replaceAll(dockerfile, shownName) ?? '' })),
  };
}

function renamedFile(file: string, { dockerfile, shownName }: BuildContext): string {
  return shownName === undefined ? file : file.replace(dockerfile, shownName);
}

async function reportCheck(context: CommandContext, { warnings, context: source, failure }: BuildResult): Promise<number> {
  const { flags } = context;
  if (failure !== undefined) {
    if (warnings.length > 0) await context.out(`${printCheck(warnings, source.sourceName, (await source.source?.()) ?? '')}\n`);
    throw new ExitError(1, `ERROR: ${failure}`);
  }
  if (/(^|,)format=json(,|$)/.test(flags.string('call'))) await context.out(`${JSON.stringify({ warnings }, undefined, 2)}\n`);
  else await context.out(printCheck(warnings, source.sourceName, (await source.source?.()) ?? ''));
  return warnings.length > 0 && !/(^|,)ignorestatus=(true|1)/.test(flags.string('call')) ? 1 : 0;
}

/** A file of an earlier build does not stay when this one fails. */
async function removeStale({ environment }: CommandContext, path: string): Promise<void> {
  if (path === '') return;
  await environment.files.remove(path).catch((error: unknown) => {
    if (error instanceof FileError && error.code === 'ENOENT') return;
    throw new Error(`removing image ID file: ${openError(path, error).message.replace(/^open /, 'remove ')}`, { cause: error });
  });
}

/** Go's encoder indents by two here, keys in order. */
function metadata({ flags }: CommandContext, { imageId }: BuildResult): string {
  const names = flags.list('tag').map((tag) => fullString(tagNameOnly(parseNormalizedNamed(tag))));
  const document = {
    'containerimage.config.digest': imageId,
    'containerimage.digest': imageId,
    ...(names.length > 0 && { 'image.name': names.join(',') }),
  };
  return JSON.stringify(document, undefined, 2);
}
