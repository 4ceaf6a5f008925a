import { beforeEach, describe, expect, it } from 'vitest';
import { jsonDocuments } from '../api/client.ts';
import { Channel } from '../channel.ts';
import { EngineError } from '../errors.ts';
import { until } from '../testing/settle.ts';
import type { ProgressMessage } from '../api/types/system.ts';
import { refuse, respond, type BuiltImage } from '../testing/fake-registry.ts';
import type { TestEngine } from '../testing/test-engine.ts';
import { imageFixture, type ImageFixture, short, statuses, tar } from '../testing/image-fixture.ts';

let docker: TestEngine;
let busybox: BuiltImage;
let app: BuiltImage;
let list: ImageFixture['list'];
let inspect: ImageFixture['inspect'];
let remove: ImageFixture['remove'];
let layerCount: ImageFixture['layerCount'];
let expectNothing: ImageFixture['expectNothing'];

beforeEach(async () => {
  ({ docker, busybox, app, list, inspect, remove, layerCount, expectNothing } = await imageFixture());
});

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
    expect(layerCount()).toBe(1);
    await remove('twice');
    expectNothing();
  });

  it('two pulls of one image at once both succeed', async () => {
    const both = await Promise.all([docker.pull('busybox', 'latest'), docker.pull('busybox', 'latest')]);
    for (const lines of both) expect(statuses(lines).at(-1)).toMatch(/^Status: /);
    expect(await list()).toHaveLength(1);
    expect(layerCount()).toBe(1);
  });

  /** Answers the first so many requests for a blob with ten of its bytes and a broken connection. */
  function breakBlob(digest: string, count: number, { ranges = true, damage = false } = {}): (string | undefined)[] {
    const asked: (string | undefined)[] = [];
    const blob = docker.registry.blobs.get(digest)!;
    docker.registry.intercept = async ({ path, headers }) => {
      if (!path.endsWith(digest)) return undefined;
      const { range } = headers;
      asked.push(range);
      if (asked.length > count) return ranges ? undefined : respond(200, blob, {});
      const from = ranges ? Number(/\d+/.exec(range ?? '')?.[0] ?? 0) : 0;
      const body = new Channel<Uint8Array>();
      body.push(damage ? new Uint8Array(10) : blob.slice(from, from + 10));
      body.end(new EngineError('unavailable', 'connection reset'));
      const partial = { 'content-range': `bytes ${from}-${blob.length - 1}/${blob.length}` };
      return { status: from > 0 ? 206 : 200, headers: from > 0 ? partial : {}, url: '', body };
    };
    return asked;
  }

  async function pullPatiently(seconds: number): Promise<string[]> {
    const pulling = docker.pull('busybox', 'latest');
    for (let second = 0; second < seconds; second++) await docker.clock.advance(1000);
    return statuses(await pulling);
  }

  it('goes on with a broken transfer where it broke, after as long as Docker waits', async () => {
    const asked = breakBlob(busybox.layerDigests[0]!, 2);
    const told = await pullPatiently(20);
    expect(asked).toEqual([undefined, 'bytes=10-', 'bytes=20-']);
    expect(told.filter((line) => line.includes('Retrying'))).toHaveLength(15);
    expect(told).toContain(`${short(busybox.layerDigests[0]!)}: Retrying in 1 second`);
    expect(told.at(-1)).toBe('Status: Downloaded newer image for busybox:latest');
  });

  it('begins again where the registry knows no ranges', async () => {
    expect(breakBlob(busybox.layerDigests[0]!, 1, { ranges: false })).toEqual([]);
    expect((await pullPatiently(6)).at(-1)).toBe('Status: Downloaded newer image for busybox:latest');
  });

  it('begins again when the parts do not fit together', async () => {
    const asked = breakBlob(busybox.layerDigests[0]!, 1, { damage: true });
    expect((await pullPatiently(20)).at(-1)).toBe('Status: Downloaded newer image for busybox:latest');
    expect(asked).toEqual([undefined, 'bytes=10-', undefined]);
  });

  it('gives up after five attempts', async () => {
    breakBlob(busybox.layerDigests[0]!, Infinity);
    expect((await pullPatiently(60)).at(-1)).toBe('error connection reset');
    expectNothing();
  });

  it('takes no memory for bytes that only were promised', async () => {
    const manifest = JSON.parse(new TextDecoder().decode(docker.registry.manifests.get(busybox.digest)!.bytes)) as {
      mediaType: string;
      layers: { size: number }[];
    };
    manifest.layers[0]!.size = 500 << 20;
    await docker.registry.addManifest(['docker.io/library/promising:latest'], manifest);
    const before = process.memoryUsage().arrayBuffers;
    docker.registry.intercept = async ({ path }) => {
      if (path.endsWith(busybox.layerDigests[0]!)) expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 << 20);
      return undefined;
    };
    expect(statuses(await docker.pull('promising', 'latest')).at(-1)).toMatch(/^Status: /);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 << 20);
  });

  it('reads every page of a list of tags, and no page twice', async () => {
    const pages: string[] = [];
    docker.registry.intercept = async ({ path }) => {
      if (!path.includes('/tags/list')) return undefined;
      pages.push(path);
      const tags = path.includes('last=latest') ? ['1.35'] : ['latest'];
      const link = '</v2/library/busybox/tags/list?last=latest&n=1>; rel="next"';
      return respond(200, new TextEncoder().encode(JSON.stringify({ tags })), { link });
    };
    expect(statuses(await docker.pull('busybox')).filter((line) => line.includes('Pulling from'))).toHaveLength(2);
    expect(pages).toEqual(['/v2/library/busybox/tags/list', '/v2/library/busybox/tags/list?last=latest&n=1']);
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
    ['401', () => refuse(401, 'UNAUTHORIZED', 'authentication required'), 'unauthorized: authentication required'],
    [
      'denied',
      () => refuse(403, 'DENIED', ''),
      "pull access denied for localhost:5000/x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ],
    [
      'an unknown name',
      () => refuse(404, 'NAME_UNKNOWN', 'repository name not known to registry'),
      'repository localhost:5000/x not found: name unknown: repository name not known to registry',
    ],
    ['too many requests', () => refuse(429, 'TOOMANYREQUESTS', 'slow down'), 'toomanyrequests: slow down'],
    ['nonsense', () => respond(500, new TextEncoder().encode('<html>'), {}), 'received unexpected HTTP status: 500 Internal Server Error'],
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

  it('a registry that says nothing is given up', async () => {
    docker.registry.intercept = () => new Promise(() => {});
    const pulling = docker.pull('busybox', 'latest');
    const ended = expect(pulling).rejects.toMatchObject({
      status: 503,
      message:
        'Get "https://docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    });
    await until(() => docker.registry.requests.length > 0);
    await docker.clock.advance(30_000);
    await ended;
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
      Promise.resolve(path.endsWith(busybox.layerDigests[0]!) ? { status: 200, headers: {}, url: '', body } : undefined);
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
