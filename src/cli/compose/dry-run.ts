/**
 * `--dry-run`: stands before the daemon. What only reads goes through; what would change something is answered here, and
 * containers and images that would be there by now are found with those that are.
 * Source: docker/compose 2.26.1 pkg/api/dryrunclient.go.
 */
import { empty, json } from '#engine/api/answer.ts';
import { readBody } from '#engine/api/body.ts';
import { type ApiClient, ApiError } from '#engine/api/client.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from '#engine/api/http.ts';
import type { ContainerInspect, ContainerSummary } from '#engine/api/types/container.ts';
import type { CreateExecRequest, StartExecRequest } from '#engine/api/types/exec.ts';
import { assert } from '#engine/assert.ts';
import { quote } from '#engine/go-quote.ts';
import type { Command, CommandContext } from '../command.ts';
import { ComposeError } from './compose-error.ts';
import { isStatus } from './compose-work.ts';
import { DRY_RUN_PREFIX } from './progress.ts';

const IMAGE_ID = 'dryRunId';

export function isDryRun({ groupFlags, flags }: CommandContext): boolean {
  return groupFlags?.bool('dry-run') || flags.bool('dry-run');
}

/** The command, which with `--dry-run` speaks to a daemon that changes nothing. */
export function withDryRun(command: Command): Command {
  return {
    ...command,
    run: (context) => {
      if (!isDryRun(context)) return command.run(context);
      let api: Promise<ApiClient> | undefined;
      const between = (daemon: ApiClient): ApiClient => daemon.through((handler) => new DryRun(daemon, handler, context.out).handler);
      return command.run({ ...context, api: () => (api ??= context.api().then(between)) });
    },
  };
}

/** What a container would be by now. */
interface Change {
  state?: 'running' | 'exited';
  name?: string;
  removed?: true;
}

/** @param names the parts of the path that are names @returns what is sent as JSON, or a whole answer */
type Answer = (names: string[], request: ApiRequest) => Promise<unknown>;

const REQUEST_LIMIT_BYTES = 16 << 20;
/** Two blocks of zeros: an archive in which nothing is. */
const EMPTY_ARCHIVE = new Uint8Array(1024);

class DryRun {
  readonly #daemon: ApiClient;
  readonly #pass: ApiHandler;
  readonly #out: (text: string) => Promise<void>;
  /** Those that would have been made, newest first. */
  #made: ContainerSummary[] = [];
  readonly #changes = new Map<string, Change>();
  /** Names of images that would have been pulled or built. */
  readonly #images = new Set<string>();
  readonly #execs = new Map<string, { container: string; command: readonly string[] }>();

  /** @param pass asks the daemon itself */
  constructor(daemon: ApiClient, pass: ApiHandler, out: (text: string) => Promise<void>) {
    this.#daemon = daemon;
    this.#pass = pass;
    this.#out = out;
  }

  readonly #answers: [RegExp, Answer][] = [
    [/^GET \/containers\/json$/, (_, request) => this.#list(request)],
    [/^POST \/containers\/create$/, (_, request) => this.#create(request)],
    [/^GET \/containers\/([^/]+)\/json$/, ([id = '']) => this.#inspect(id)],
    [/^POST \/containers\/([^/]+)\/(?:start|restart)$/, async ([id = '']) => this.#change(id, { state: 'running' })],
    [/^POST \/containers\/([^/]+)\/(?:stop|kill)$/, async ([id = '']) => this.#change(id, { state: 'exited' })],
    [/^POST \/containers\/([^/]+)\/rename$/, async ([id = ''], { query }) => this.#change(id, { name: query.get('name')?.[0] ?? '' })],
    [/^DELETE \/containers\/([^/]+)$/, async ([id = '']) => this.#change(id, { removed: true })],
    [/^POST \/containers\/[^/]+\/(?:pause|unpause|resize)$/, async () => undefined],
    [/^POST \/containers\/[^/]+\/attach$/, () => refuse('interactive run is not supported in dry-run mode')],
    [/^(GET|PUT) \/containers\/([^/]+)\/archive$/, ([method = '', id = ''], request) => this.#copy(method, id, request)],
    [/^POST \/containers\/([^/]+)\/exec$/, ([id = ''], request) => this.#createExec(id, request)],
    [/^POST \/exec\/([^/]+)\/start$/, ([id = ''], request) => this.#startExec(id, request)],
    [/^POST \/images\/create$/, (_, request) => this.#pull(request)],
    [/^POST \/build$/, async (_, { query }) => void query.get('t')?.forEach((tag) => this.#images.add(tag))],
    [/^POST \/images\/(.+)\/push$/, ([name = ''], { query }) => this.#push(`${name}:${query.get('tag')?.[0] ?? 'latest'}`)],
    [/^GET \/images\/(.+)\/json$/, ([name = '']) => this.#inspectImage(name)],
    [/^DELETE \/images\/.+$/, async () => []],
    [/^POST \/(?:networks|volumes)\/create$/, async (_, request) => ({ ...(await bodyOf<object>(request)), Id: '' })],
    [/^POST \/networks\/[^/]+\/(?:connect|disconnect)$/, async () => undefined],
    [/^DELETE \/(?:networks|volumes)\/[^/]+$/, async () => undefined],
  ];

  readonly handler: ApiHandler = async (request) => {
    const line = `${request.method} ${request.path.replace(/^\/v[\d.]+/, '')}`;
    for (const [pattern, answer] of this.#answers) {
      const match = pattern.exec(line);
      if (!match) continue;
      try {
        const given = await answer(match.slice(1), request);
        return given === undefined ? empty(204) : isAnswer(given) ? given : json(200, given);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return json(error.status, { message: error.message });
      }
    }
    assert(isReading(line), `${line} changes nothing`);
    return this.#pass(request);
  };

  async #list({ query }: ApiRequest): Promise<ContainerSummary[]> {
    const there = await this.#daemon.get<ContainerSummary[]>('/containers/json', { query: Object.fromEntries(query) });
    const labels = labelsOf(query.get('filters')?.[0]);
    const made = this.#made.filter(({ Labels }) => labels.every(([name, value]) => Labels[name] === (value ?? Labels[name])));
    return [...made, ...there].flatMap((container) => {
      const { state, name, removed } = this.#changes.get(container.Id) ?? {};
      if (removed || ((state ?? container.State) !== 'running' && !query.has('all'))) return [];
      return [{ ...container, ...(state && { State: state }), ...(name && { Names: [`/${name}`] }) }];
    });
  }

  async #create(request: ApiRequest): Promise<{ Id: string; Warnings: string[] }> {
    const name = request.query.get('name')?.[0] ?? '';
    const { Labels } = await bodyOf<{ Labels: Record<string, string> }>(request);
    const container = { Id: name, Names: [`/${name}`], Labels, State: 'created', Mounts: [], Ports: [] };
    this.#made.unshift(container as unknown as ContainerSummary);
    return { Id: name, Warnings: [] };
  }

  /** One that would be made runs, and is healthy: nobody waits for what cannot come. */
  async #inspect(id: string): Promise<ContainerInspect> {
    const made = this.#made.find((container) => container.Id === id);
    if (made) {
      const state = { Status: 'running', Running: true, ExitCode: 0, Health: { Status: 'healthy' } };
      return { Id: id, Name: made.Names[0], State: state, Config: { Labels: made.Labels }, Mounts: [] } as unknown as ContainerInspect;
    }
    const container = await this.#daemon.get<ContainerInspect>(`/containers/${id}/json`);
    const { state } = this.#changes.get(container.Id) ?? {};
    if (!state) return container;
    return { ...container, State: { ...container.State, Status: state, Running: state === 'running' } };
  }

  #change(id: string, change: Change): void {
    this.#changes.set(id, { ...this.#changes.get(id), ...change });
  }

  /** Nothing is copied; that the place is there is seen to. */
  async #copy(method: string, id: string, { query }: ApiRequest): Promise<ApiResponse | undefined> {
    if (this.#made.some((container) => container.Id === id)) return undefined;
    const path = query.get('path')?.[0] ?? '';
    try {
      const { headers } = await this.#daemon.head(`/containers/${id}/archive`, { query: { path } });
      return method === 'PUT' ? undefined : { status: 200, headers, body: { kind: 'bytes', bytes: EMPTY_ARCHIVE } };
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      return refuse(` ${DRY_RUN_PREFIX} Could not find the file ${path} in container ${id}`);
    }
  }

  async #createExec(container: string, request: ApiRequest): Promise<{ Id: string }> {
    const { Cmd } = await bodyOf<CreateExecRequest>(request);
    const id = `dryRun${this.#execs.size}`;
    this.#execs.set(id, { container, command: Cmd ?? [] });
    return { Id: id };
  }

  async #startExec(id: string, request: ApiRequest): Promise<void> {
    const { Detach: isDetached } = await bodyOf<StartExecRequest>(request);
    if (!isDetached) return refuse('interactive exec is not supported in dry-run mode');
    const { container, command } = this.#execs.get(id) ?? { container: '', command: [] };
    await this.#out(`${DRY_RUN_PREFIX}Executing command [${command.map(quote).join(' ')}] in ${container} (detached mode)\n`);
  }

  /** A registry is asked whether it has the image. */
  async #pull({ query, headers }: ApiRequest): Promise<void> {
    const name = query.get('fromImage')?.[0] ?? '';
    const tag = query.get('tag')?.[0] ?? '';
    await this.#resolve(`${name}${tag.includes(':') ? '@' : ':'}${tag}`, headers);
    for (const known of [name, `${name}:${tag}`, `${name}@${tag}`]) this.#images.add(known);
  }

  async #push(reference: string): Promise<object> {
    await this.#resolve(reference);
    return { status: 'Pushed', progressDetail: { current: 100, total: 100, units: 'Mb' }, id: reference };
  }

  async #resolve(reference: string, { 'x-registry-auth': auth }: Record<string, string> = {}): Promise<void> {
    await this.#daemon.get(`/distribution/${reference}/json`, { headers: auth === undefined ? {} : { 'X-Registry-Auth': auth } });
  }

  async #inspectImage(name: string): Promise<unknown> {
    if (this.#images.has(name)) return { Id: IMAGE_ID, Config: {} };
    return this.#daemon.get(`/images/${name}/json`);
  }
}

function refuse(message: string): never {
  throw new ComposeError(message);
}

async function bodyOf<T>(request: ApiRequest): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await readBody(request, REQUEST_LIMIT_BYTES))) as T;
}

/** `name` or `name=value`, of a filter. */
function labelsOf(filters: string | undefined): [string, string | undefined][] {
  const { label = {} } = JSON.parse(filters ?? '{}') as { label?: Record<string, boolean> };
  return Object.keys(label).map((text) => {
    const equals = text.indexOf('=');
    return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
  });
}

function isAnswer(given: unknown): given is ApiResponse {
  return typeof given === 'object' && given !== null && 'body' in given;
}

function isReading(line: string): boolean {
  return /^(GET|HEAD) /.test(line) || /^POST \/containers\/[^/]+\/wait$/.test(line);
}
