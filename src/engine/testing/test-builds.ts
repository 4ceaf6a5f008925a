/** An engine with a small image to build on, and builds in few words. */
import { ApiError, jsonDocuments } from '../api/client.ts';
import { fromBase64 } from '../base64.ts';
import type { SolveStatus } from '../build/build-progress.ts';
import { concatBytes } from '../bytes.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { packTar } from '../oci/tar-writer.ts';
import type { ProgressMessage } from '../api/types/system.ts';
import type { FakeRuntime } from '../runtime/fake.ts';
import { testEngine, type TestEngine } from './test-engine.ts';

export type ContextFiles = Record<string, string | Partial<LayerEntry>>;

export interface Built {
  /** Image id; undefined when it failed. */
  id: string | undefined;
  error: string | undefined;
  /** What the classic builder printed. */
  output: string;
  /** Of version 2: `DONE [1/2] …`, `CACHED …`, `ERROR …`, in order of completion. */
  steps: string[];
  /** Of version 2: what ended below steps, `extracting sha256:…`, in order of completion. */
  statuses: string[];
  /** Of version 2: what steps printed. */
  log: string;
  /** Of version 2: the lines shown with an error. */
  source: string[];
}

const programs = ['sh', 'cat', 'ls', 'echo', 'mkdir', 'rm', 'touch', 'test', 'true', 'false', 'env', 'pwd', 'id', 'sleep'];

/** Entries with the directories that they need. */
export function contextEntries(files: ContextFiles): LayerEntry[] {
  const entries = new Map<string, LayerEntry>();
  const plain = { mode: 0o644, uid: 1000, gid: 1000, mtime: 1_700_000_000 };
  for (const [path, given] of Object.entries(files)) {
    const parts = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) {
      const directory = parts.slice(0, depth).join('/');
      if (!entries.has(directory)) entries.set(directory, { ...plain, path: directory, type: 'directory', mode: 0o755 });
    }
    const entry: LayerEntry =
      typeof given === 'string'
        ? { ...plain, path, type: 'file', content: new TextEncoder().encode(given) }
        : { ...plain, path, type: 'file', ...given };
    entries.set(path, entry);
  }
  return [...entries.values()];
}

export function contextTar(files: ContextFiles): Uint8Array {
  return concatBytes(packTar(contextEntries(files)));
}

export class TestBuilds {
  readonly node: TestEngine;

  private constructor(node: TestEngine) {
    this.node = node;
  }

  static async start(): Promise<TestBuilds> {
    const node = await testEngine({ imageFiles: true });
    const files: ContextFiles = {
      'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:44:web:/:/bin/sh\n',
      'etc/group': 'root:x:0:\nstaff:x:50:\n',
      'lib/file': 'in the base\n',
      ...Object.fromEntries(programs.map((name) => [`bin/${name}`, { mode: 0o755, content: new Uint8Array(10) }])),
    };
    await node.registry.add(['docker.io/library/base:latest'], [contextTar(files)], {
      config: { Env: ['PATH=/bin'], Cmd: ['sh'] },
      file: { os: 'linux', created: '2026-01-01T00:00:00Z' },
    });
    return new TestBuilds(node);
  }

  /** `docker build`; version 2 unless said otherwise. */
  async build(
    files: ContextFiles | Uint8Array,
    query: Record<string, string | string[]> = {},
    headers: Record<string, string> = {},
  ): Promise<Built> {
    const body = files instanceof Uint8Array ? files : contextTar(files);
    const built: Built = { id: undefined, error: undefined, output: '', steps: [], statuses: [], log: '', source: [] };
    const answer = this.node.client.stream('/build', { method: 'POST', query: { version: '2', ...query }, headers, body: once(body) });
    let chunks: AsyncIterable<Uint8Array>;
    try {
      ({ chunks } = await this.pass(answer));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { ...built, error: error.message };
    }
    const reading = (async () => {
      for await (const line of jsonDocuments<Line>(chunks)) read(line, built);
    })();
    await this.pass(reading);
    return built;
  }

  /** `docker pull base`: an image that only builds stand on has no name. */
  async pullBase(): Promise<void> {
    const query = { fromImage: 'base', tag: 'latest' };
    const { chunks } = await this.pass(this.node.client.stream('/images/create', { method: 'POST', query }));
    for await (const { error } of jsonDocuments<ProgressMessage>(chunks)) if (error !== undefined) throw new Error(error);
  }

  /** What comes of a promise, while time goes on. */
  async pass<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    void promise.catch(() => undefined).finally(() => (settled = true));
    for (let turn = 0; !settled && turn < 4000; turn++) await this.node.clock.advance(turn < 200 ? 0 : 50);
    return promise;
  }

  /** Files of an image: path, or path and content. */
  files(name: string): Map<string, string> {
    const image = this.node.engine.images.resolve(name);
    const found = new Map<string, string>();
    for (const { diffId } of image.layers) {
      for (const { path, type, content } of this.node.layerTrees.entries(diffId)!) {
        if (type === 'file') found.set(path, new TextDecoder().decode(content));
        else if (type === 'character') found.delete(path);
      }
    }
    return found;
  }

  /** What is there without anybody to use it; nothing once no build runs. */
  left(): string[] {
    const { engine, storage, layerTrees } = this.node;
    const { images, containers } = engine;
    const known = new Set(containers.all().map(({ id }) => id));
    const isLeft = (path: string): boolean => {
      const id = /^(?:containers|image\/overlay2\/layerdb\/mounts)\/([^/]+)/.exec(path)?.[1];
      return id === undefined ? /^buildkit\/(?!cache)/.test(path) : !known.has(id);
    };
    const held = images
      .describe()
      .split('\n')
      .filter((line) => line.startsWith('held'));
    const collected = images.collectLayers().map(({ chainId }) => `layer ${chainId}`);
    const trees = new Set([...images.layers.all()].map(({ diffId }) => diffId)).size;
    return [
      ...storage.paths().filter(isLeft),
      ...held,
      ...collected,
      ...(this.running() === 'no containers running' ? [] : [this.running()]),
      // One more is the place for mounts.
      ...(layerTrees.size === trees || layerTrees.size === trees + 1 ? [] : [`${layerTrees.size} trees for ${trees} layers`]),
    ];
  }

  /** Processes, as the runtime has them. */
  running(): string {
    return (this.node.ports.runtime as FakeRuntime).describe();
  }

  /** The entries of an image's topmost layer. */
  top(name: string): LayerEntry[] {
    const image = this.node.engine.images.resolve(name);
    return [...this.node.layerTrees.entries(image.layers.at(-1)!.diffId)!];
  }
}

type Line = ProgressMessage & { aux?: SolveStatus & { ID?: string; lines?: [number, string, boolean][] } };

function read({ id, aux, stream, error }: Line, built: Built): void {
  if (error !== undefined) built.error = error;
  if (stream !== undefined) built.output += stream;
  if (aux?.ID !== undefined) built.id = aux.ID;
  if (id === 'drydock.build.source')
    built.source = (aux?.lines ?? []).map(([number, text, meant]) => `${meant ? '>' : ' '}${number} ${text}`);
  for (const { completed, cached, error: failed, name } of aux?.vertexes ?? []) {
    if (completed) built.steps.push(`${cached ? 'CACHED' : failed ? 'ERROR' : 'DONE'} ${name}`);
  }
  for (const { completed, id: status } of aux?.statuses ?? []) if (completed) built.statuses.push(status);
  for (const { data } of aux?.logs ?? []) built.log += new TextDecoder().decode(fromBase64(data));
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
