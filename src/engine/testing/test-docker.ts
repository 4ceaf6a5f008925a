/** A node with busybox pulled, and what tests do with containers, in few words. Time passes while something is awaited. */
import type { ApiClient } from '../api/client.ts';
import { FrameReader } from '../api/stdcopy.ts';
import type {
  ContainerInspect,
  ContainerSummary,
  ContainerWait,
  CreateContainerRequest,
  CreateContainerResponse,
  HostConfig,
} from '../api/types/container.ts';
import type { Connection } from '../api/http.ts';
import type { VirtualClock } from '../clock.ts';
import { defaultDaemonConfig, type DaemonConfig } from '../daemon-config.ts';
import { createEngine, type Engine, type EngineState } from '../engine.ts';
import { ApiClient as Client } from '../api/client.ts';
import type { FakeRuntime } from '../runtime/fake.ts';
import { addBusybox } from './busybox.ts';
import { testEngine, type TestEngine } from './test-engine.ts';

type HostConfigRequest = Partial<HostConfig>;

export interface CreateOptions extends Omit<CreateContainerRequest, 'HostConfig'> {
  name?: string;
  HostConfig?: HostConfigRequest;
}

export interface Output {
  stdout: string;
  stderr: string;
}

export interface Ran extends Output {
  id: string;
  exitCode: number;
}

export class TestDocker {
  readonly node: TestEngine;
  engine: Engine;
  client: ApiClient;

  private constructor(node: TestEngine) {
    this.node = node;
    this.engine = node.engine;
    this.client = node.client;
  }

  static async start(): Promise<TestDocker> {
    const node = await testEngine();
    await addBusybox(node.registry);
    await node.pull('busybox', 'latest');
    return new TestDocker(node);
  }

  get clock(): VirtualClock {
    return this.node.clock;
  }

  get runtime(): FakeRuntime {
    return this.node.ports.runtime as FakeRuntime;
  }

  /** What comes of a promise, while time goes on in steps of 50 ms. */
  async pass<T>(promise: Promise<T>, limitMs = 120_000): Promise<T> {
    let settled = false;
    void promise.catch(() => undefined).finally(() => (settled = true));
    for (let passedMs = 0; !settled && passedMs < limitMs; passedMs += 50) await this.clock.advance(passedMs < 500 ? 0 : 50);
    if (!settled) throw new Error('nothing came of it');
    return promise;
  }

  create(command: string | string[], { name, ...options }: CreateOptions = {}): Promise<string> {
    const Cmd = typeof command === 'string' ? ['sh', '-c', command] : command;
    return this.client
      .post<CreateContainerResponse>('/containers/create', { query: { name }, json: { Image: 'busybox', Cmd, ...options } })
      .then(({ Id }) => Id);
  }

  start(name: string): Promise<void> {
    return this.pass(this.client.post(`/containers/${name}/start`));
  }

  /** `docker run -d` */
  async runDetached(command: string | string[], options: CreateOptions = {}): Promise<string> {
    const id = await this.create(command, options);
    await this.start(id);
    return id;
  }

  /** `docker run`: attached, until it ends. */
  async run(command: string | string[], options: CreateOptions = {}): Promise<Ran> {
    const id = await this.create(command, options);
    const attached = await this.attach(id);
    const ended = this.wait(id, 'next-exit');
    await this.start(id);
    const { StatusCode: exitCode } = await this.pass(ended);
    return { id, exitCode, ...(await this.pass(attached.output)) };
  }

  wait(name: string, condition = 'not-running'): Promise<ContainerWait> {
    return this.client.post<ContainerWait>(`/containers/${name}/wait`, { query: { condition } });
  }

  async attach(
    name: string,
    query: Record<string, string | boolean> = {},
  ): Promise<{ connection: Connection; output: Promise<Output>; close(): void }> {
    const { connection, contentType, close } = await this.client.hijack(`/containers/${name}/attach`, {
      query: { stream: true, stdin: true, stdout: true, stderr: true, ...query },
    });
    return { connection, close, output: readOutput(connection.input, contentType) };
  }

  async logs(name: string, query: Record<string, string | boolean> = {}): Promise<Output> {
    const { chunks, contentType } = await this.client.stream(`/containers/${name}/logs`, {
      query: { stdout: true, stderr: true, ...query },
    });
    return this.pass(readOutput(chunks, contentType));
  }

  inspect(name: string): Promise<ContainerInspect> {
    return this.client.get(`/containers/${name}/json`);
  }

  list(query: Record<string, string | boolean | number> = {}): Promise<ContainerSummary[]> {
    return this.client.get('/containers/json', { query });
  }

  /** `docker ps --filter`, by name. */
  async names(filters: Record<string, string[]> = {}, query: Record<string, string | boolean | number> = { all: true }): Promise<string[]> {
    const found = await this.list({ ...query, filters: JSON.stringify(filters) });
    return found.map(({ Names: [name = ''] }) => name.slice(1));
  }

  async exec(name: string, command: string | string[], options: object = {}): Promise<Output & { exitCode: number | null }> {
    const Cmd = typeof command === 'string' ? ['sh', '-c', command] : command;
    const json = { AttachStdout: true, AttachStderr: true, Cmd, ...options };
    const { Id } = await this.client.post<{ Id: string }>(`/containers/${name}/exec`, { json });
    const { connection, contentType } = await this.client.hijack(`/exec/${Id}/start`, { json: { Detach: false } });
    const output = await this.pass(readOutput(connection.input, contentType));
    const { ExitCode } = await this.client.get<{ ExitCode: number | null }>(`/exec/${Id}/json`);
    return { ...output, exitCode: ExitCode };
  }

  /** `action` or, for containers, everything else, of what has happened since the beginning. */
  actions(type = 'container'): string[] {
    return this.engine.events
      .past({ sinceMs: 0 })
      .filter((event) => event.type === type)
      .map(({ action }) => action);
  }

  /** The daemon ends and starts again. @param config what it is told then, and from then on */
  async restartEngine(config: Partial<DaemonConfig> = {}): Promise<void> {
    await this.pass(this.engine.shutdown());
    this.node.ports.config = { ...defaultDaemonConfig, ...this.node.ports.config, ...config };
    await this.#open();
  }

  /** The daemon goes on in another place, from its saved state; what runs goes on running. */
  async resumeEngine(): Promise<void> {
    await this.#open(JSON.parse(JSON.stringify(this.engine.save())) as EngineState);
  }

  async #open(saved?: EngineState): Promise<void> {
    this.engine = createEngine(this.node.ports, saved);
    await this.pass(this.engine.start());
    this.client = new Client(this.engine.api);
  }
}

/** Both streams as text. */
export async function readOutput(chunks: AsyncIterable<Uint8Array>, contentType: string): Promise<Output> {
  const decoder = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const output: Output = { stdout: '', stderr: '' };
  const frames = new FrameReader();
  const framed = contentType.includes('multiplexed');
  for await (const chunk of chunks) {
    if (!framed) output.stdout += decoder.stdout.decode(chunk, { stream: true });
    for (const { stream, bytes } of framed ? frames.push(chunk) : []) {
      if (stream === 'stdout' || stream === 'stderr') output[stream] += decoder[stream].decode(bytes, { stream: true });
    }
  }
  return output;
}
