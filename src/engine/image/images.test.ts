import { packTar } from 'modern-tar';
import { beforeEach, describe, expect, it } from 'vitest';
import { jsonDocuments } from '../api/client.ts';
import type { ImageDeleted, ImageHistoryItem, ImageInspect, ImagesPruned, ImageSummary } from '../api/types/image.ts';
import type { EventMessage, ProgressMessage } from '../api/types/system.ts';
import { Channel } from '../channel.ts';
import { EngineError } from '../errors.ts';
import { refuse, respond, type BuiltImage } from '../testing/fake-registry.ts';
import { until } from '../testing/settle.ts';
import { testEngine, type TestEngine } from '../testing/test-engine.ts';

const tar = (name: string, body: string): Promise<Uint8Array> => packTar([{ header: { name, size: body.length, mode: 0o644 }, body }]);
const short = (digest: string): string => digest.slice(7, 19);

let docker: TestEngine;
/** Trees that do not come from images. */
let treesBefore: number;
let busybox: BuiltImage;
let app: BuiltImage;

beforeEach(async () => {
  docker = await testEngine();
  treesBefore = docker.layerTrees.size;
  const base = await tar('bin/busybox', 'x'.repeat(5000));
  busybox = await docker.registry.add(['docker.io/library/busybox:latest', 'docker.io/library/busybox:1.35'], [base]);
  app = await docker.registry.add(['localhost:5000/team/app:v1'], [base, await tar('one', 'one'), await tar('two', 'two22')], {
    config: { Labels: { tier: 'front' } },
    file: { created: '2026-01-02T00:00:00Z' },
  });
});

const list = (query = {}): Promise<ImageSummary[]> => docker.client.get('/images/json', { query });
const inspect = (name: string): Promise<ImageInspect> => docker.client.get(`/images/${name}/json`);
const remove = (name: string, query = {}): Promise<ImageDeleted[]> => docker.client.delete(`/images/${name}`, { query });
const tag = (name: string, repo: string, tagName: string): Promise<void> =>
  docker.client.post(`/images/${name}/tag`, { query: { repo, tag: tagName } });
const statuses = (lines: ProgressMessage[]): string[] =>
  lines.map(({ id, status, error }) => (error ? `error ${error}` : `${id === undefined ? '' : `${id}: `}${status}`));
/** Nothing of an image, layer or name is left. */
function expectNothing(): void {
  expect(docker.layerTrees.size).toBe(treesBefore);
  expect(docker.storage.paths().filter((path) => path.startsWith('image/') && path !== 'image/overlay2/repositories.json')).toEqual([]);
}

describe('pull', () => {
  it('tells what Docker tells', async () => {
    const id = short(busybox.layerDigests[0]!);
    const lines = await docker.pull('docker.io/library/busybox', 'latest');
    const size = docker.registry.blobs.get(busybox.layerDigests[0]!)!.length;
    expect(lines).toEqual([
      { status: 'Pulling from library/busybox', id: 'latest' },
      { status: 'Pulling fs layer', progressDetail: {}, id },
      {
        status: 'Downloading',
        progressDetail: { current: 1000, total: size },
        progress: '[=======>                                           ]      1kB/6.679kB',
        id,
      },
      {
        status: 'Downloading',
        progressDetail: { current: size, total: size },
        progress: `[${'='.repeat(50)}>] ${'6.679kB/6.679kB'.padStart(16)}`,
        id,
      },
      { status: 'Verifying Checksum', progressDetail: {}, id },
      { status: 'Download complete', progressDetail: {}, id },
      { status: 'Extracting', progressDetail: { current: size, total: size }, progress: expect.any(String) as string, id },
      { status: 'Extracting', progressDetail: { current: size, total: size }, progress: expect.any(String) as string, id },
      { status: 'Pull complete', progressDetail: {}, id },
      { status: `Digest: ${busybox.digest}` },
      { status: 'Status: Downloaded newer image for busybox:latest' },
    ]);
    expect(await docker.pull('busybox', 'latest')).toEqual([
      { status: 'Pulling from library/busybox', id: 'latest' },
      { status: `Digest: ${busybox.digest}` },
      { status: 'Status: Image is up to date for busybox:latest' },
    ]);
  });

  it('does not fetch what is here: a second tag, a digest, shared layers', async () => {
    await docker.pull('busybox', 'latest');
    docker.registry.requests.length = 0;
    expect(statuses(await docker.pull('busybox', '1.35')).at(-1)).toBe('Status: Downloaded newer image for busybox:1.35');
    expect(statuses(await docker.pull('docker.io/library/busybox', busybox.digest))).toEqual([
      `docker.io/library/busybox@${busybox.digest}: Pulling from library/busybox`,
      `Digest: ${busybox.digest}`,
      `Status: Image is up to date for busybox@${busybox.digest}`,
    ]);
    expect(docker.registry.requests.some(({ path }) => path.includes('/blobs/'))).toBe(false);
    const told = statuses(await docker.pull('localhost:5000/team/app', 'v1'));
    expect(told.slice(0, 4)).toEqual([
      'v1: Pulling from team/app',
      `${short(app.layerDigests[0]!)}: Already exists`,
      `${short(app.layerDigests[1]!)}: Pulling fs layer`,
      `${short(app.layerDigests[2]!)}: Pulling fs layer`,
    ]);
    expect(told.filter((line) => line.endsWith('Pull complete'))).toEqual([
      `${short(app.layerDigests[1]!)}: Pull complete`,
      `${short(app.layerDigests[2]!)}: Pull complete`,
    ]);
    expect(docker.registry.requests.filter(({ path }) => path.includes(busybox.layerDigests[0]!))).toEqual([]);
  });

  it('takes every tag when none is given', async () => {
    const told = statuses(await docker.pull('busybox'));
    expect(told.filter((line) => line.includes('Pulling from'))).toEqual([
      'latest: Pulling from library/busybox',
      '1.35: Pulling from library/busybox',
    ]);
    expect(told.at(-1)).toBe('Status: Downloaded newer image for busybox');
  });

  it('chooses from an index what runs here', async () => {
    const entry = (digest: string, architecture: string): object => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size: 1,
      platform: { os: 'linux', architecture },
    });
    const index = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [entry(app.digest, 'amd64'), entry(busybox.digest, '386')],
    };
    const digest = await docker.registry.addManifest(['docker.io/library/multi:latest'], index);
    expect(statuses(await docker.pull('multi', 'latest')).at(-2)).toBe(`Digest: ${digest}`);
    expect((await inspect('multi')).Id).toBe(busybox.id);
    expect((await inspect('multi')).RepoDigests).toEqual([`multi@${digest}`]);
    const told = await docker.pull('multi', 'latest', { platform: 'linux/arm64' });
    expect(told.at(-1)).toEqual({
      errorDetail: { message: 'no matching manifest for linux/arm64 in the manifest list entries' },
      error: 'no matching manifest for linux/arm64 in the manifest list entries',
    });
  });

  it('warns of an image for another platform, and takes it', async () => {
    const told = statuses(await docker.pull('busybox', 'latest', { platform: 'linux/arm64' }));
    expect(told.at(-1)).toBe(
      'WARNING: image with reference busybox:latest was found but its platform (linux/386) does not match the specified platform (linux/arm64)',
    );
    expect(await list()).toHaveLength(1);
    await expect(docker.pull('busybox', 'latest', { platform: 'linux/so/many/parts' })).rejects.toThrow('cannot parse platform specifier');
  });

  it('fetches three layers at a time', async () => {
    const layers = await Promise.all([1, 2, 3, 4, 5].map((n) => tar(`f${n}`, `${n}`)));
    const many = await docker.registry.add(['docker.io/library/many:latest'], layers);
    let now = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    docker.registry.intercept = async ({ path }) => {
      if (!many.layerDigests.some((digest) => path.endsWith(digest))) return undefined;
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => gates.push(resolve));
      now--;
      return undefined;
    };
    const pulling = docker.pull('many', 'latest');
    for (let i = 0; i < 5; i++) {
      await until(() => gates.length > 0);
      gates.shift()!();
    }
    const told = statuses(await pulling);
    expect(most).toBe(3);
    expect(told.filter((line) => line.endsWith('Waiting'))).toHaveLength(2);
    expect((await inspect('many')).RootFS.Layers).toEqual(many.diffIds);
  });

  it('takes an image that has the same layer twice', async () => {
    const same = await tar('same', 'same');
    const twice = await docker.registry.add(['docker.io/library/twice:latest'], [same, same]);
    const told = statuses(await docker.pull('twice', 'latest'));
    expect(told.filter((line) => line.endsWith('Pull complete'))).toHaveLength(1);
    expect((await inspect('twice')).RootFS.Layers).toEqual(twice.diffIds);
    expect(docker.layerTrees.size - treesBefore).toBe(1);
    await remove('twice');
    expectNothing();
  });

  it('two pulls of one image at once both succeed', async () => {
    const both = await Promise.all([docker.pull('busybox', 'latest'), docker.pull('busybox', 'latest')]);
    for (const lines of both) expect(statuses(lines).at(-1)).toMatch(/^Status: /);
    expect(await list()).toHaveLength(1);
    expect(docker.layerTrees.size - treesBefore).toBe(1);
  });

  it('tries a broken transfer again, as Docker does', async () => {
    let failures = 2;
    docker.registry.intercept = async ({ path }) => {
      if (!path.endsWith(busybox.layerDigests[0]!) || failures-- <= 0) return undefined;
      const body = new Channel<Uint8Array>();
      body.push(new Uint8Array(10));
      body.end(new EngineError('unavailable', 'connection reset'));
      return { status: 200, headers: {}, body };
    };
    const pulling = docker.pull('busybox', 'latest');
    for (let second = 0; second < 20; second++) await docker.clock.advance(1000);
    const told = statuses(await pulling);
    expect(told.filter((line) => line.includes('Retrying'))).toHaveLength(15);
    expect(told).toContain(`${short(busybox.layerDigests[0]!)}: Retrying in 1 second`);
    expect(told.at(-1)).toBe('Status: Downloaded newer image for busybox:latest');
  });
});

describe('a pull that fails', () => {
  it.each([
    [
      'nosuch',
      'latest',
      404,
      "pull access denied for nosuch, repository does not exist or may require 'docker login': denied: requested access to the resource is denied\nImages available here: busybox",
    ],
    [
      'busybox',
      'nosuch',
      404,
      'manifest for busybox:nosuch not found: manifest unknown: manifest unknown\nTags of busybox available here: latest, 1.35',
    ],
    [
      'localhost:5000/library/busybox',
      'nope',
      404,
      'manifest for localhost:5000/library/busybox:nope not found: manifest unknown: manifest unknown',
    ],
    ['scratch', 'latest', 403, "'scratch' is a reserved name"],
    ['Bad', 'latest', 400, 'invalid reference format: repository name (library/Bad) must be lowercase'],
    ['busybox', '-bad', 400, 'invalid tag format'],
  ])('%s:%s', async (name, tagName, status, message) => {
    await expect(docker.pull(name, tagName)).rejects.toMatchObject({ status, message });
    expectNothing();
  });

  it.each([
    [
      '401',
      () => refuse(401, 'UNAUTHORIZED', 'authentication required'),
      "pull access denied for localhost:5000/x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied\nLogging in to registries is not supported here yet.",
    ],
    [
      'an unknown name',
      () => refuse(404, 'NAME_UNKNOWN', 'repository name not known to registry'),
      'repository localhost:5000/x not found: name unknown: repository name not known to registry',
    ],
    ['too many requests', () => refuse(429, 'TOOMANYREQUESTS', 'slow down'), 'toomanyrequests: slow down'],
    ['nonsense', () => respond(500, new TextEncoder().encode('<html>'), {}), 'received unexpected HTTP status: 500'],
    ['no manifest', () => respond(200, new TextEncoder().encode('<html>'), {}), 'unsupported manifest format'],
    [
      'a wrong digest',
      () => respond(200, new TextEncoder().encode('{}'), { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }),
      `manifest verification failed for digest sha256:${'0'.repeat(64)}`,
    ],
  ])('a registry that answers %s', async (_, answer, message) => {
    docker.registry.intercept = () => Promise.resolve(answer());
    await expect(docker.pull('localhost:5000/x', 'latest')).rejects.toMatchObject({ message });
  });

  it('an unreachable registry is said to be that', async () => {
    docker.registry.intercept = () => Promise.reject(new EngineError('unavailable', 'cannot reach docker.io: offline'));
    await expect(docker.pull('busybox', 'latest')).rejects.toMatchObject({ status: 503, message: 'cannot reach docker.io: offline' });
  });

  const lastOf = async (name: string, tagName: string): Promise<string | undefined> => statuses(await docker.pull(name, tagName)).at(-1);

  it('a blob with another digest', async () => {
    const digest = busybox.layerDigests[0]!;
    docker.registry.blobs.get(digest)![100]! ^= 1;
    expect(await lastOf('busybox', 'latest')).toBe(`error filesystem layer verification failed for digest ${digest}`);
    expectNothing();
    expect(await list()).toEqual([]);
  });

  it.each([[10], [-10]])('a blob that is %i bytes too short', async (missing) => {
    const digest = busybox.layerDigests[0]!;
    const blob = docker.registry.blobs.get(digest)!;
    docker.registry.blobs.set(
      digest,
      missing > 0 ? blob.subarray(0, blob.length - missing) : new Uint8Array([...blob, ...new Uint8Array(-missing)]),
    );
    expect(await lastOf('busybox', 'latest')).toBe(`error filesystem layer verification failed for digest ${digest}`);
    expectNothing();
  });

  it('a missing blob, in the middle of others', async () => {
    docker.registry.blobs.delete(app.layerDigests[1]!);
    expect(await lastOf('localhost:5000/team/app', 'v1')).toBe('error unknown blob');
    expectNothing();
  });

  it('a configuration with another digest', async () => {
    docker.registry.blobs.set(busybox.id, new TextEncoder().encode('{}'));
    expect(await lastOf('busybox', 'latest')).toBe(`error image config verification failed for digest ${busybox.id}`);
    expectNothing();
  });

  it('layers that the configuration does not know', async () => {
    const wrong = await docker.registry.add(['docker.io/library/wrong:latest'], [await tar('a', 'b')], {
      file: { rootfs: { type: 'layers', diff_ids: [`sha256:${'1'.repeat(64)}`] } },
    });
    expect(wrong.diffIds).toHaveLength(1);
    expect(await lastOf('wrong', 'latest')).toBe("error layers from manifest don't match image configuration");
    const fewer = await docker.registry.add(['docker.io/library/fewer:latest'], [await tar('a', 'b')], {
      file: { rootfs: { type: 'layers', diff_ids: [] }, history: [] },
    });
    expect(fewer.diffIds).toHaveLength(1);
    expect(await lastOf('fewer', 'latest')).toBe("error layers from manifest don't match image configuration");
    expectNothing();
  });

  it('a layer whose archive is cut short or reaches out', async () => {
    await docker.registry.add(['docker.io/library/cut:latest'], [(await tar('a', 'x'.repeat(1000))).subarray(0, 700)]);
    expect(await lastOf('cut', 'latest')).toBe('error failed to register layer: unexpected EOF');
    await docker.registry.add(['docker.io/library/out:latest'], [await tar('../../etc/passwd', 'x')]);
    expect(await lastOf('out', 'latest')).toBe('error failed to register layer: "../../etc/passwd" is outside of "/"');
    expectNothing();
  });

  it('a client that leaves: the transfer stops and nothing stays', async () => {
    const body = new Channel<Uint8Array>({ onClose: () => (left = true) });
    let left = false;
    docker.registry.intercept = ({ path }) =>
      Promise.resolve(path.endsWith(busybox.layerDigests[0]!) ? { status: 200, headers: {}, body } : undefined);
    const { chunks } = await docker.client.stream('/images/create', { method: 'POST', query: { fromImage: 'busybox', tag: 'latest' } });
    const reading = jsonDocuments<ProgressMessage>(chunks)[Symbol.asyncIterator]();
    body.push(new Uint8Array(100));
    for (let line = await reading.next(); line.value?.status !== 'Downloading'; line = await reading.next());
    await reading.return?.();
    await until(() => left);
    await docker.engine.shutdown();
    await docker.engine.start();
    expectNothing();
    expect(await list()).toEqual([]);
  });
});

describe('images', () => {
  it('are listed as Docker lists them', async () => {
    await docker.pull('busybox', 'latest');
    await docker.pull('busybox', '1.35');
    await docker.pull('localhost:5000/team/app', 'v1');
    expect(await list()).toEqual([
      {
        Containers: -1,
        Created: 1767312000,
        Id: app.id,
        Labels: { tier: 'front' },
        ParentId: '',
        RepoDigests: [`localhost:5000/team/app@${app.digest}`],
        RepoTags: ['localhost:5000/team/app:v1'],
        SharedSize: -1,
        Size: 5008,
      },
      {
        Containers: -1,
        Created: 1767225600,
        Id: busybox.id,
        Labels: null,
        ParentId: '',
        RepoDigests: [`busybox@${busybox.digest}`],
        RepoTags: ['busybox:1.35', 'busybox:latest'],
        SharedSize: -1,
        Size: 5000,
      },
    ]);
    expect((await list({ 'shared-size': true })).map(({ SharedSize }) => SharedSize)).toEqual([5000, 5000]);
  });

  it.each([
    ['{"reference":["busybox"]}', ['busybox:1.35', 'busybox:latest']],
    ['{"reference":["busybox:latest"]}', ['busybox:latest']],
    ['{"reference":["*:v1","localhost:5000/*/*"]}', ['localhost:5000/team/app:v1']],
    ['{"reference":["nosuch"]}', []],
    ['{"label":["tier"]}', ['localhost:5000/team/app:v1']],
    ['{"label":["tier=back"]}', []],
    ['{"since":["busybox"]}', ['localhost:5000/team/app:v1']],
    ['{"before":["localhost:5000/team/app:v1"]}', ['busybox:1.35', 'busybox:latest']],
    ['{"dangling":["true"]}', []],
    ['{"dangling":["false"]}', ['localhost:5000/team/app:v1', 'busybox:1.35', 'busybox:latest']],
    ['{"until":["2026-01-01T12:00:00Z"]}', ['busybox:1.35', 'busybox:latest']],
  ])('filter %s', async (filters, names) => {
    await docker.pull('busybox');
    await docker.pull('localhost:5000/team/app', 'v1');
    expect((await list({ filters })).flatMap(({ RepoTags }) => RepoTags)).toEqual(names);
  });

  it('refuse unknown filters and images', async () => {
    await expect(list({ filters: '{"bogus":{"1":true}}' })).rejects.toMatchObject({ status: 400, message: "invalid filter 'bogus'" });
    await expect(list({ filters: '{"since":["nosuch"]}' })).rejects.toMatchObject({ status: 404, message: 'No such image: nosuch:latest' });
    await expect(list({ filters: '{"reference":["[a"]}' })).resolves.toEqual([]);
  });

  it('are found by name, id, the beginning of an id, digest', async () => {
    await docker.pull('busybox', 'latest');
    const hexId = busybox.id.slice(7);
    for (const name of [
      'busybox',
      'busybox:latest',
      'docker.io/library/busybox',
      busybox.id,
      hexId,
      hexId.slice(0, 12),
      hexId.slice(0, 3),
      `sha256:${hexId.slice(0, 5)}`,
      `busybox@${busybox.digest}`,
      `busybox:x@${busybox.digest}`,
    ]) {
      expect((await inspect(name)).Id).toBe(busybox.id);
    }
    for (const [name, shown] of [
      ['nosuch', 'nosuch:latest'],
      ['busybox:nope', 'busybox:nope'],
      [`sha256:${'0'.repeat(64)}`, `sha256:${'0'.repeat(64)}`],
      ['0'.repeat(64), `sha256:${'0'.repeat(64)}`],
    ] as const) {
      await expect(inspect(name)).rejects.toMatchObject({ status: 404, message: `No such image: ${shown}` });
    }
    await expect(inspect('Bad')).rejects.toMatchObject({ status: 400 });
  });

  it('are inspected with every field of Docker’s', async () => {
    await docker.pull('localhost:5000/team/app', 'v1');
    const top = docker.engine.images
      .resolve('localhost:5000/team/app:v1')
      .layers.map(({ cacheId }) => `/var/lib/docker/overlay2/${cacheId}`);
    expect(await inspect('localhost:5000/team/app:v1')).toEqual({
      Id: app.id,
      RepoTags: ['localhost:5000/team/app:v1'],
      RepoDigests: [`localhost:5000/team/app@${app.digest}`],
      Parent: '',
      Comment: '',
      Created: '2026-01-02T00:00:00Z',
      DockerVersion: '',
      Author: '',
      Config: { Labels: { tier: 'front' } },
      Architecture: '386',
      Os: 'linux',
      Size: 5008,
      GraphDriver: {
        Data: {
          LowerDir: `${top[1]}/diff:${top[0]}/diff`,
          MergedDir: `${top[2]}/merged`,
          UpperDir: `${top[2]}/diff`,
          WorkDir: `${top[2]}/work`,
        },
        Name: 'overlay2',
      },
      RootFS: { Type: 'layers', Layers: app.diffIds },
      Metadata: { LastTagTime: '0001-01-01T00:00:00Z' },
    });
    const history = await docker.client.get<ImageHistoryItem[]>(`/images/${app.id}/history`);
    expect(history.map(({ Id, Size, CreatedBy, Tags }) => [Id, Size, CreatedBy, Tags])).toEqual([
      [app.id, 5, 'layer 2', ['localhost:5000/team/app:v1']],
      ['<missing>', 3, 'layer 1', null],
      ['<missing>', 5000, 'layer 0', null],
    ]);
  });

  it('look to older clients as they always did', async () => {
    await docker.pull('busybox', 'latest');
    const old = async <T>(version: string, path: string): Promise<T> => {
      const answer = await docker.engine.api({
        method: 'GET',
        path: `/v${version}${path}`,
        query: new Map(),
        headers: {},
        body: (async function* () {})(),
      });
      return JSON.parse(answer.body.kind === 'bytes' ? new TextDecoder().decode(answer.body.bytes) : '') as T;
    };
    expect((await old<ImageSummary[]>('1.43', '/images/json'))[0]!.VirtualSize).toBe(5000);
    expect((await old<ImageInspect>('1.45', '/images/busybox/json')).Config).toMatchObject({
      Hostname: '',
      Env: ['PATH=/bin'],
      Cmd: ['sh'],
      Labels: null,
    });
    expect((await old<ImageInspect>('1.50', '/images/busybox/json')).Config).toEqual({ Env: ['PATH=/bin'], Cmd: ['sh'] });
  });

  it('are tagged', async () => {
    await docker.pull('busybox', 'latest');
    await tag('busybox', 'docker.io/library/b2', 'x');
    expect((await inspect('b2:x')).RepoTags).toEqual(['b2:x', 'busybox:latest']);
    expect((await inspect('b2:x')).Metadata.LastTagTime).toBe('2026-01-01T00:00:00Z');
    await expect(tag('nosuch', 'x', 'latest')).rejects.toMatchObject({ status: 404, message: 'No such image: nosuch:latest' });
    await expect(tag('busybox', 'sha256', 'x')).rejects.toMatchObject({ status: 400 });
    await expect(tag('busybox', `x@${busybox.digest}`, '')).rejects.toMatchObject({
      status: 400,
      message: 'cannot import digest reference',
    });
  });

  it('are found again after the daemon was restarted', async () => {
    await docker.pull('localhost:5000/team/app', 'v1');
    await tag(app.id, 'mine', 'v2');
    const before = [await list(), await inspect('mine:v2')];
    await docker.engine.shutdown();
    await expect(list()).rejects.toMatchObject({ status: 503 });
    await docker.engine.start();
    expect([await list(), await inspect('mine:v2')]).toEqual(before);
    docker.registry.requests.length = 0;
    await docker.pull('localhost:5000/team/app', 'v1');
    expect(docker.registry.requests.some(({ path }) => path.includes('/blobs/'))).toBe(false);
  });

  it('files that a person broke do no more harm than that', async () => {
    await docker.pull('busybox', 'latest');
    const paths = docker.storage.paths().filter((path) => path.startsWith('image/'));
    expect(paths.length).toBeGreaterThan(6);
    for (const path of paths) {
      const engine = await testEngine();
      for (const [name, digest] of docker.registry.tags) engine.registry.tags.set(name, digest);
      for (const [digest, manifest] of docker.registry.manifests) engine.registry.manifests.set(digest, manifest);
      for (const [digest, blob] of docker.registry.blobs) engine.registry.blobs.set(digest, blob);
      await engine.pull('busybox', 'latest');
      engine.storage.write(path, new TextEncoder().encode('{junk'));
      await engine.engine.shutdown();
      await engine.engine.start();
      await engine.client.get('/images/json');
      await engine.pull('localhost:5000/team/app', 'v1');
      await engine.client.delete('/images/localhost:5000/team/app:v1');
      await engine.pull('busybox', 'latest');
      expect(await engine.client.get('/images/busybox/json')).toMatchObject({ Id: busybox.id });
    }
  });
});

describe('rmi', () => {
  it('takes away a name, and the image with its last one', async () => {
    await docker.pull('busybox');
    expect(await remove('busybox:1.35')).toEqual([{ Untagged: 'busybox:1.35' }]);
    const chain = busybox.diffIds[0]!;
    expect(await remove('busybox')).toEqual([
      { Untagged: 'busybox:latest' },
      { Untagged: `busybox@${busybox.digest}` },
      { Deleted: busybox.id },
      { Deleted: chain },
    ]);
    expectNothing();
  });

  it('keeps layers that another image stands on', async () => {
    await docker.pull('busybox', 'latest');
    await docker.pull('localhost:5000/team/app', 'v1');
    const removed = await remove('localhost:5000/team/app:v1');
    expect(removed.filter(({ Deleted }) => Deleted)).toHaveLength(3);
    expect(docker.layerTrees.has(busybox.diffIds[0]!)).toBe(true);
    await inspect('busybox');
    await remove('busybox');
    expectNothing();
  });

  it('by id removes all names of one repository, and refuses several', async () => {
    await docker.pull('busybox', 'latest');
    await tag('busybox', 'other', 'x');
    await expect(remove(short(busybox.id))).rejects.toMatchObject({
      status: 409,
      message: `conflict: unable to delete ${short(busybox.id)} (must be forced) - image is referenced in multiple repositories`,
    });
    expect(await remove(short(busybox.id), { force: true })).toEqual([
      { Untagged: 'busybox:latest' },
      { Untagged: `busybox@${busybox.digest}` },
      { Untagged: 'other:x' },
      { Deleted: busybox.id },
      { Deleted: busybox.diffIds[0] },
    ]);
    await docker.pull('busybox', 'latest');
    expect((await remove(busybox.id)).map((entry) => Object.keys(entry)[0])).toEqual(['Untagged', 'Untagged', 'Deleted', 'Deleted']);
    expectNothing();
  });

  it('does not take an image away from a container', async () => {
    await docker.pull('busybox', 'latest');
    const container = { id: 'c0ffee'.repeat(11).slice(0, 64), running: true };
    const { images } = docker.engine;
    const top = images.resolve('busybox').layers.at(-1)!.chainId;
    let users = [container];
    images.users = { containersOf: (id) => (id === busybox.id ? users : []), layersInUse: () => (users.length > 0 ? [top] : []) };
    const using = `container ${container.id.slice(0, 12)} is using its referenced image ${short(busybox.id)}`;
    await expect(remove('busybox')).rejects.toMatchObject({
      status: 409,
      message: `conflict: unable to remove repository reference "busybox" (must force) - ${using}`,
    });
    await expect(remove(busybox.id, { force: true })).rejects.toMatchObject({
      message: `conflict: unable to delete ${short(busybox.id)} (cannot be forced) - image is being used by running container ${container.id.slice(0, 12)}`,
    });
    // By name and with force, only the name goes.
    expect(await remove('busybox', { force: true })).toEqual([{ Untagged: 'busybox:latest' }, { Untagged: `busybox@${busybox.digest}` }]);
    container.running = false;
    await expect(remove(busybox.id)).rejects.toMatchObject({
      message: `conflict: unable to delete ${short(busybox.id)} (must be forced) - image is being used by stopped container ${container.id.slice(0, 12)}`,
    });
    // The image may go, its layers stay for the container.
    expect(await remove(busybox.id, { force: true })).toEqual([{ Deleted: busybox.id }]);
    expect(docker.layerTrees.size - treesBefore).toBe(1);
    users = [];
    images.collectLayers();
    expectNothing();
  });

  it('removes parents that nothing else needs, unless told not to', async () => {
    await docker.pull('busybox', 'latest');
    await docker.pull('localhost:5000/team/app', 'v1');
    const { images } = docker.engine;
    images.store.setParent(images.resolve(app.id), busybox.id);
    await expect(remove(busybox.id, { force: true })).rejects.toMatchObject({
      message: `conflict: unable to delete ${short(busybox.id)} (cannot be forced) - image has dependent child images`,
    });
    expect(await remove('busybox')).toEqual([{ Untagged: 'busybox:latest' }, { Untagged: `busybox@${busybox.digest}` }]);
    expect(await list()).toHaveLength(1);
    expect(await list({ all: true })).toHaveLength(2);
    const removed = await remove('localhost:5000/team/app:v1');
    expect(removed.filter(({ Deleted }) => Deleted).map(({ Deleted }) => Deleted)).toEqual(expect.arrayContaining([app.id, busybox.id]));
    expectNothing();
  });

  it('says so when there is nothing to remove', async () => {
    await expect(remove('nosuch')).rejects.toMatchObject({ status: 404, message: 'No such image: nosuch:latest' });
    await expect(remove('nosuch', { force: true })).rejects.toMatchObject({ status: 404 });
    await expect(remove(' ')).rejects.toMatchObject({ status: 400, message: 'image name cannot be blank' });
  });
});

describe('prune', () => {
  const prune = (filters?: string): Promise<ImagesPruned> => docker.client.post('/images/prune', { query: { filters } });

  it('removes what has no name, or all that no container uses', async () => {
    await docker.pull('busybox');
    await docker.pull('localhost:5000/team/app', 'v1');
    expect(await prune()).toEqual({ ImagesDeleted: null, SpaceReclaimed: 0 });
    await remove('localhost:5000/team/app:v1', { force: true });
    const { images } = docker.engine;
    await docker.pull('localhost:5000/team/app', 'v1');
    for (const reference of [...images.references.referencesOf(app.id)]) images.references.delete(reference);
    const removed = await prune('{"dangling":["true"]}');
    expect([removed.ImagesDeleted?.[0], removed.SpaceReclaimed]).toEqual([{ Deleted: app.id }, 8]);
    const all = await prune('{"dangling":["false"]}');
    expect(all.ImagesDeleted?.slice(0, 4)).toEqual([
      { Untagged: 'busybox:1.35' },
      { Untagged: 'busybox:latest' },
      { Untagged: `busybox@${busybox.digest}` },
      { Deleted: busybox.id },
    ]);
    expect(all.SpaceReclaimed).toBe(5000);
    expectNothing();
  });

  it('leaves what is used, labelled otherwise or too new', async () => {
    await docker.pull('busybox', 'latest');
    await docker.pull('localhost:5000/team/app', 'v1');
    docker.engine.images.users = {
      containersOf: (id) => (id === busybox.id ? [{ id: 'c'.repeat(64), running: false }] : []),
      layersInUse: () => [],
    };
    expect((await prune('{"dangling":["false"],"label!":["tier=front"]}')).ImagesDeleted).toBeNull();
    expect((await prune('{"dangling":["false"],"until":["2026-01-01T12:00:00Z"]}')).ImagesDeleted).toBeNull();
    expect((await prune('{"dangling":["false"]}')).ImagesDeleted).toContainEqual({ Deleted: app.id });
    expect(await list()).toHaveLength(1);
    await expect(prune('{"bogus":["1"]}')).rejects.toMatchObject({ status: 400, message: "invalid filter 'bogus'" });
  });
});

describe('import', () => {
  async function load(query: Record<string, string | string[]>, body: Uint8Array): Promise<string> {
    const { chunks } = await docker.client.stream('/images/create', { method: 'POST', body, query: { fromSrc: '-', ...query } });
    const lines: ProgressMessage[] = [];
    for await (const line of jsonDocuments<ProgressMessage>(chunks)) lines.push(line);
    return lines[0]!.status!;
  }

  it('makes an image of a root file system, as the recordings do', async () => {
    const changes = ['CMD ["sh"]', 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
    const id = await load(
      { repo: 'docker.io/library/busybox', tag: 'latest', message: 'busybox 1.35 rootfs', changes },
      await tar('bin/sh', 'sh'),
    );
    expect(await inspect('busybox')).toMatchObject({
      Id: id,
      RepoTags: ['busybox:latest'],
      RepoDigests: [],
      Comment: 'busybox 1.35 rootfs',
      Created: '2026-01-01T00:00:00Z',
      DockerVersion: '28.2.2',
      Config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
      Architecture: '386',
      Os: 'linux',
      Size: 2,
    });
    expect(await docker.client.get(`/images/busybox/history`)).toEqual([
      { Comment: 'busybox 1.35 rootfs', Created: 1767225600, CreatedBy: '', Id: id, Size: 2, Tags: ['busybox:latest'] },
    ]);
  });

  it('understands every instruction that Docker takes there', async () => {
    const changes = [
      'ENTRYPOINT ["/bin/x"]',
      'CMD echo hi',
      'EXPOSE 80 53/udp',
      'LABEL a=b "c d"="e f"',
      'USER nobody',
      'VOLUME /data',
      'WORKDIR /a',
      'WORKDIR b/../c',
      'STOPSIGNAL SIGQUIT',
      'ONBUILD RUN x',
      'HEALTHCHECK CMD true',
      'ENV A=1 B="two words"',
      'ENV A=2',
      'ENV OLD style value',
    ];
    await load({ repo: 'all', changes }, await tar('f', 'f'));
    expect((await inspect('all')).Config).toEqual({
      User: 'nobody',
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      Env: ['A=2', 'B=two words', 'OLD=style value'],
      Entrypoint: ['/bin/x'],
      Cmd: ['/bin/sh', '-c', 'echo hi'],
      Volumes: { '/data': {} },
      WorkingDir: '/a/c',
      Labels: { a: 'b', 'c d': 'e f' },
      StopSignal: 'SIGQUIT',
      Healthcheck: { Test: ['CMD-SHELL', 'true'] },
      OnBuild: ['RUN x'],
    });
  });

  it('refuses what it cannot take, and keeps nothing of it', async () => {
    await expect(load({ repo: 'x', changes: 'RUN true' }, await tar('f', 'f'))).rejects.toMatchObject({
      status: 400,
      message: 'RUN is not a valid change command',
    });
    await expect(load({ repo: 'Bad' }, await tar('f', 'f'))).rejects.toMatchObject({ status: 400 });
    await expect(load({ repo: 'x' }, new TextEncoder().encode('no archive'.repeat(100)))).rejects.toMatchObject({
      status: 500,
      message: 'archive/tar: invalid tar header',
    });
    await expect(load({ repo: 'x', fromSrc: 'http://example.com/root.tar' }, new Uint8Array(0))).rejects.toMatchObject({ status: 501 });
    expectNothing();
  });
});

describe('events of images', () => {
  it('are Docker’s', async () => {
    const since = String(docker.clock.now() / 1000);
    await docker.pull('busybox', 'latest');
    await tag('busybox', 'b2', 'x');
    await remove('b2:x');
    await remove('busybox');
    await docker.clock.advance(2000);
    const stream = await docker.client.messages<EventMessage>('/events', {
      query: { since, until: String(docker.clock.now() / 1000 - 1) },
    });
    const seen: EventMessage[] = [];
    for await (const event of stream) seen.push(event);
    expect(seen.map(({ Action, Actor }) => [Action, Actor.ID === busybox.id ? 'id' : Actor.ID, Actor.Attributes['name']])).toEqual([
      ['pull', 'busybox:latest', 'busybox'],
      ['tag', 'id', 'b2:x'],
      ['untag', 'id', busybox.id],
      ['untag', 'id', busybox.id],
      ['delete', 'id', busybox.id],
    ]);
    expect(seen[1]).toEqual({
      status: 'tag',
      id: busybox.id,
      Type: 'image',
      Action: 'tag',
      Actor: { ID: busybox.id, Attributes: { name: 'b2:x' } },
      scope: 'local',
      time: 1767225600,
      timeNano: 1767225600000000000,
    });
  });
});

describe('speed', () => {
  it('a list of twenty images costs far less than a millisecond each time', async () => {
    await docker.pull('busybox', 'latest');
    for (let i = 0; i < 20; i++) await tag('busybox', `name${i}`, 'x');
    const runs = 200;
    const start = performance.now();
    for (let i = 0; i < runs; i++) await list();
    // Generous: this is about the order of growth, not about the machine.
    expect((performance.now() - start) / runs).toBeLessThan(10);
  });
});
