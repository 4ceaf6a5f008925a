/** What fails in the middle of a build, and what comes in between: nothing is tagged, nothing stays, the cache is sound. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createEngine, type EngineState } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { ApiClient } from '../api/client.ts';
import { contextTar, TestBuilds, type ContextFiles } from '../testing/test-builds.ts';

let docker: TestBuilds;
beforeEach(async () => {
  docker = await TestBuilds.start();
});

const full = (): never => {
  throw new EngineError('system', 'no space left on device');
};

/** Lets so many calls through, then none: of whatever makes something in the node. */
function fillDiskAfter(calls: number): { empty: () => void; met: () => boolean } {
  const { storage, layerTrees, ports } = docker.node;
  let left = calls;
  const undo: (() => void)[] = [];
  const limit = <T extends object>(target: T, name: keyof T): void => {
    const before = target[name] as (...given: unknown[]) => unknown;
    const limited = (...given: unknown[]): unknown => (left-- > 0 ? before.apply(target, given) : full());
    Object.assign(target, { [name]: limited });
    undo.push(() => Object.assign(target, { [name]: before }));
  };
  for (const name of ['write', 'append', 'makeDirectory'] as const) limit(storage, name);
  limit(layerTrees, 'put');
  for (const name of ['start', 'writableEntries'] as const) limit(ports.runtime, name);
  return { empty: () => undo.forEach((one) => one()), met: () => left < 0 };
}

const files: ContextFiles = {
  Dockerfile: `FROM base AS one
WORKDIR /w
RUN --mount=type=cache,target=/c --mount=type=bind,target=/ctx --mount=type=tmpfs,target=/t echo 1 > /w/1
RUN <<END
echo 2 > /w/2
END
FROM base
COPY --from=one /w /w
COPY a /a
LABEL x=y
`,
  a: 'a\n',
};
const classicFiles: ContextFiles = { Dockerfile: 'FROM base\nWORKDIR /w\nRUN echo 1 > /w/1\nCOPY a /a\nENV A=1\n', a: 'a\n' };
const isTagged = (): boolean => docker.node.engine.images.find('app') !== undefined;

describe.each([
  ['1', classicFiles],
  ['2', files],
])('a full disk, for builder %s,', (version, project) => {
  it('at any point leaves nothing half-made', async () => {
    await docker.build({ Dockerfile: 'FROM base\n' }, { version });
    for (let calls = 0, met = true; met; calls++) {
      expect(calls).toBeLessThan(200);
      const disk = fillDiskAfter(calls);
      const built = await docker.build(project, { version, t: 'app', forcerm: '1' });
      disk.empty();
      met = disk.met();
      // What is only a memory (the cache's records, times of names) does not fail a build.
      if (built.error === undefined) expect(isTagged(), `after ${calls}`).toBe(true);
      else {
        expect(built.error, `after ${calls}`).toMatch(/no space left on device/);
        expect(isTagged(), `after ${calls}`).toBe(false);
      }
      expect(docker.left(), `after ${calls}`).toEqual([]);
      const again = await docker.build(project, { version, t: 'app' });
      expect(again.error).toBeUndefined();
      const found = docker.files('app');
      expect([found.get('w/1'), found.get('a')]).toEqual(['1\n', 'a\n']);
      await docker.node.client.delete('/images/app', { query: { force: true } });
      await docker.node.client.post('/images/prune');
      await docker.node.client.post('/build/prune', { query: { all: true } });
      expect(docker.left()).toEqual([]);
    }
  }, 60_000);
});

describe.each(['1', '2'])('a build with builder %s whose client goes away', (version) => {
  it('ends: process, container, layers', async () => {
    const { clock, engine } = docker.node;
    const body = contextTar({ Dockerfile: 'FROM base\nRUN echo begun > /x\nRUN sleep 1000\n' });
    const chunks = await begin(body, version);
    const reader = chunks[Symbol.asyncIterator]();
    void reader.next();
    for (let turn = 0; turn < 200; turn++) await clock.advance(0);
    expect(docker.running()).toContain('sleep 1000');
    await reader.return?.();
    for (let turn = 0; turn < 200; turn++) await clock.advance(1);
    expect(docker.left()).toEqual([]);
    expect(engine.containers.all()).toEqual([]);
  });

  it('ends with the daemon', async () => {
    const { clock, engine } = docker.node;
    const body = contextTar({ Dockerfile: 'FROM base\nRUN sleep 1000\n' });
    const chunks = await begin(body, version);
    const reading = (async () => {
      for await (const _ of chunks);
    })();
    for (let turn = 0; turn < 200; turn++) await clock.advance(0);
    await docker.pass(engine.shutdown());
    await docker.pass(reading);
    expect(docker.running()).toBe('no containers running');
    expect(docker.node.storage.paths().filter((path) => /^buildkit\/(?!cache)/.test(path))).toEqual([]);
  });
});

async function begin(body: Uint8Array, version: string, headers: Record<string, string> = {}): Promise<AsyncIterable<Uint8Array>> {
  const once = (async function* () {
    yield body;
  })();
  const query = { version, t: 'app', nocache: '1' };
  return (await docker.pass(docker.node.client.stream('/build', { method: 'POST', query, headers, body: once }))).chunks;
}

describe('a session that goes on after it was saved in the middle of a build', () => {
  it('has nothing of the build', async () => {
    const { clock, engine, ports, storage, layerTrees } = docker.node;
    const trees = layerTrees.size;
    const body = contextTar({
      Dockerfile: 'FROM base\nRUN --mount=type=secret,id=s --mount=type=bind,target=/ctx <<END\nsleep 1000\nEND\n',
    });
    const secrets = Buffer.from(JSON.stringify({ s: 'aHVzaA==' })).toString('base64url');
    const chunks = await begin(body, '2', { 'x-drydock-build-secrets': secrets });
    void chunks[Symbol.asyncIterator]().next();
    for (let turn = 0; turn < 300; turn++) await clock.advance(0);
    expect(storage.paths().filter((path) => path.startsWith('buildkit/secrets/'))).toHaveLength(1);
    const saved = JSON.parse(JSON.stringify(engine.save())) as EngineState;
    const next = createEngine(ports, saved);
    await docker.pass(next.start());
    docker.node.engine = next;
    docker.node.client = new ApiClient(next.api);
    expect(docker.running()).toBe('no containers running');
    expect(storage.paths().filter((path) => /^buildkit\/(?!cache)/.test(path))).toEqual([]);
    expect(storage.paths().filter((path) => path.startsWith('containers/'))).toEqual([]);
    expect(layerTrees.size).toBeLessThanOrEqual(trees + 1);
  });
});

describe('during a build', () => {
  const twoStages = { Dockerfile: 'FROM base AS a\nRUN sleep 2; echo a > /a\nFROM base\nCOPY --from=a /a /a\n' };

  it.each(['1', '2'])('images may be removed and caches pruned (builder %s)', async (version) => {
    const building = docker.build(twoStages, { version, t: 'app' });
    for (let turn = 0; turn < 100; turn++) await docker.node.clock.advance(0);
    const { client } = docker.node;
    await docker.pass(client.delete('/images/base', { query: { force: true } }).catch(() => undefined));
    await docker.pass(client.post('/build/prune', { query: { all: true } }));
    await docker.pass(client.post('/images/prune'));
    const { error } = await building;
    // Either it was in the way or it was not: what it says is no surprise.
    if (version === '2') expect(error).toBeUndefined();
    if (error === undefined) expect(docker.files('app').get('a')).toBe('a\n');
    expect(docker.left()).toEqual([]);
  });

  it.each(['1', '2'])('another of the same may run (builder %s)', async (version) => {
    const results = await Promise.all(Array.from({ length: 4 }, (_, i) => docker.build(twoStages, { version, t: `app${i}` })));
    for (const [i, { error }] of results.entries()) {
      expect(error).toBeUndefined();
      expect(docker.files(`app${i}`).get('a')).toBe('a\n');
    }
    expect(docker.left()).toEqual([]);
  });
});
