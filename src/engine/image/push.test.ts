/** Pushing against a registry in memory: what Docker says meanwhile, what is sent, and what is not sent again. */
import { beforeEach, describe, expect, it } from 'vitest';
import { jsonDocuments } from '../api/client.ts';
import type { ProgressMessage } from '../api/types/system.ts';
import { base64 } from '../base64.ts';
import { concatBytes } from '../bytes.ts';
import { EngineError } from '../errors.ts';
import { imageFixture, short, statuses, tar, type ImageFixture } from '../testing/image-fixture.ts';
import { refuse, respond, type BuiltImage } from '../testing/fake-registry.ts';
import type { TestEngine } from '../testing/test-engine.ts';
import { until } from '../testing/settle.ts';

let docker: TestEngine;
let app: BuiltImage;
let tag: ImageFixture['tag'];
let inspect: ImageFixture['inspect'];

beforeEach(async () => {
  ({ docker, app, tag, inspect } = await imageFixture());
  await docker.pull('localhost:5000/team/app', 'v1');
  docker.registry.requests.length = 0;
});

const auth = (config: object): Record<string, string> => ({ 'X-Registry-Auth': base64(new TextEncoder().encode(JSON.stringify(config))) });

async function push(name: string, tagName?: string, headers: Record<string, string> = auth({})): Promise<ProgressMessage[]> {
  const { chunks } = await docker.client.stream(`/images/${name}/push`, { method: 'POST', query: { tag: tagName }, headers });
  const lines: ProgressMessage[] = [];
  for await (const line of jsonDocuments<ProgressMessage>(chunks)) lines.push(line);
  return lines;
}

/** The same, with time going on meanwhile. */
async function pushPatiently(seconds: number, ...what: Parameters<typeof push>): Promise<ProgressMessage[]> {
  const pushing = push(...what);
  for (let second = 0; second < seconds; second++) await docker.clock.advance(1000);
  return pushing;
}

const methods = (): string[] =>
  docker.registry.requests.map(({ method, path }) => `${method} ${path.split('?')[0]!.replace(/sha256:\w+/, 'DIGEST')}`);

describe('push', () => {
  it('to another registry sends all and tells what Docker tells', async () => {
    await tag('localhost:5000/team/app:v1', 'localhost:6000/mine', 'v2');
    const lines = await push('localhost:6000/mine', 'v2');
    const [bottom, middle, top] = app.diffIds.map((id) => id.slice(7, 19));
    expect(statuses(lines).slice(0, 4)).toEqual([
      'The push refers to repository [localhost:6000/mine]',
      `${top}: Preparing`,
      `${middle}: Preparing`,
      `${bottom}: Preparing`,
    ]);
    for (const id of [top, middle, bottom]) {
      const own = lines.filter((line) => line.id === id).map(({ status }) => status);
      expect(own).toEqual(['Preparing', 'Pushing', 'Pushed']);
    }
    const digest = docker.registry.tags.get('localhost:6000/mine:v2')!;
    const { bytes, mediaType } = docker.registry.manifests.get(digest)!;
    expect(mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
    expect(lines.slice(-2)).toEqual([
      { status: `v2: digest: ${digest} size: ${bytes.length}` },
      { progressDetail: {}, aux: { Tag: 'v2', Digest: digest, Size: bytes.length } },
    ]);
    // As Go indents it.
    expect(new TextDecoder().decode(bytes)).toMatch(
      /^\{\n {3}"schemaVersion": 2,\n {3}"mediaType": "[^"]+",\n {3}"config": \{\n {6}"mediaType"/,
    );
    expect((await inspect('localhost:6000/mine:v2')).RepoDigests).toContain(`localhost:6000/mine@${digest}`);
  });

  it('again sends nothing but the manifest', async () => {
    await tag('localhost:5000/team/app:v1', 'localhost:6000/mine', 'v2');
    await push('localhost:6000/mine', 'v2');
    docker.registry.requests.length = 0;
    const lines = statuses(await push('localhost:6000/mine', 'v2'));
    expect(lines.filter((line) => line.endsWith('Layer already exists'))).toHaveLength(3);
    expect([...new Set(methods())].sort()).toEqual(['GET /v2/', 'HEAD /v2/mine/blobs/DIGEST', 'PUT /v2/mine/manifests/v2']);
  });

  it('mounts what the registry has in another repository', async () => {
    await tag('localhost:5000/team/app:v1', 'localhost:5000/team/other', 'latest');
    const lines = statuses(await push('localhost:5000/team/other', 'latest'));
    expect(lines.filter((line) => line.endsWith('Mounted from team/app'))).toHaveLength(3);
    expect(docker.registry.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
    const mounts = docker.registry.requests.filter(({ path }) => path.includes('mount='));
    expect(mounts[0]!.path).toMatch(/^\/v2\/team\/other\/blobs\/uploads\/\?from=team%2Fapp&mount=sha256%3A/);
  });

  it('uses the upload that a refused mount opens', async () => {
    await tag('localhost:5000/team/app:v1', 'localhost:5000/team/other', 'latest');
    docker.registry.repositories.clear();
    const lines = statuses(await push('localhost:5000/team/other', 'latest'));
    expect(lines.filter((line) => line.endsWith('Pushed'))).toHaveLength(3);
    // One for each layer, and one for the configuration.
    expect(docker.registry.requests.filter(({ method }) => method === 'POST')).toHaveLength(4);
    expect(docker.registry.uploads.size).toBe(0);
  });

  it('of all tags takes them in order, each layer once', async () => {
    await tag('localhost:5000/team/app:v1', 'localhost:6000/mine', 'b');
    await tag('localhost:5000/team/app:v1', 'localhost:6000/mine', 'a');
    const lines = statuses(await push('localhost:6000/mine'));
    expect(lines.filter((line) => / size: /.test(line)).map((line) => line.split(':')[0])).toEqual(['a', 'b']);
    expect(lines.filter((line) => line.endsWith('Pushed'))).toHaveLength(3);
  });

  it('sends a large layer in pieces, and goes on where it broke', async () => {
    const large = 'x'.repeat(5 << 20);
    await docker.registry.add(['localhost:5000/large:latest'], [await tar('large', large)]);
    await docker.pull('localhost:5000/large', 'latest');
    await tag('localhost:5000/large', 'localhost:6000/large', 'latest');
    let pieces = 0;
    docker.registry.intercept = async (request) => {
      if (request.method !== 'PATCH' || ++pieces !== 2) return undefined;
      // Half of it arrives.
      const id = /uploads\/([^?]+)/.exec(request.path)![1]!;
      docker.registry.uploads.set(id, concatBytes([docker.registry.uploads.get(id)!, request.body!.subarray(0, 1 << 19)]));
      throw new EngineError('unavailable', 'connection reset');
    };
    const lines = statuses(await pushPatiently(6, 'localhost:6000/large', 'latest'));
    expect(lines.some((line) => line.includes('Retrying in 5 seconds'))).toBe(true);
    expect(lines.at(-1)).toBe('undefined');
    expect(docker.registry.requests.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers['content-range'])).toEqual([
      '0-4194303',
      expect.stringMatching(/^4194304-52/) as string,
      expect.stringMatching(/^4718592-52/) as string,
    ]);
    expect(docker.registry.requests.filter(({ method }) => method === 'GET').map(({ path }) => path.split('?')[0])).toContain(
      '/v2/large/blobs/uploads/upload-1',
    );
  });

  it('begins again when the registry has forgotten the upload', async () => {
    await tag('localhost:5000/team/app:v1', 'localhost:6000/mine', 'v2');
    let broken = false;
    docker.registry.intercept = async ({ method }) => {
      if (method !== 'PUT' || broken) return undefined;
      broken = true;
      docker.registry.uploads.clear();
      throw new EngineError('unavailable', 'connection reset');
    };
    const lines = await pushPatiently(10, 'localhost:6000/mine', 'v2');
    expect(lines.at(-1)!.aux).toMatchObject({ Tag: 'v2' });
  });

  it('sends five layers at a time', async () => {
    const layers = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((n) => tar(`f${n}`, `${n}`)));
    await docker.registry.add(['localhost:5000/many:latest'], layers);
    await docker.pull('localhost:5000/many', 'latest');
    await tag('localhost:5000/many', 'localhost:6000/many', 'latest');
    let now = 0;
    let most = 0;
    docker.registry.intercept = async ({ host, method }) => {
      if (host !== 'localhost:6000' || method !== 'PUT') return undefined;
      most = Math.max(most, ++now);
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      now--;
      return undefined;
    };
    const lines = statuses(await push('localhost:6000/many', 'latest'));
    expect(lines.filter((line) => line.endsWith('Waiting'))).toHaveLength(2);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(5);
  });

  it('stops when the client leaves, and names nothing', async () => {
    await tag('localhost:5000/team/app:v1', 'localhost:6000/mine', 'v2');
    let asked = false;
    docker.registry.intercept = ({ method, cancellation }) => {
      if (method !== 'PUT') return Promise.resolve(undefined);
      asked = true;
      return new Promise((_, reject) => cancellation?.onCancel(() => reject(new EngineError('cancelled', 'context canceled'))));
    };
    const { chunks } = await docker.client.stream('/images/localhost:6000/mine/push', {
      method: 'POST',
      query: { tag: 'v2' },
      headers: auth({}),
    });
    const reading = chunks[Symbol.asyncIterator]();
    await reading.next();
    await until(() => asked);
    await reading.return?.();
    await docker.engine.shutdown();
    expect(docker.registry.tags.has('localhost:6000/mine:v2')).toBe(false);
  });

  it('to nobody ends at once', async () => {
    await tag('localhost:5000/team/app:v1', 'localhost:6000/mine', 'v2');
    const message = 'Get "http://localhost:6000/v2/": dial tcp 127.0.0.1:6000: connect: connection refused';
    docker.registry.intercept = () => Promise.reject(new EngineError('unavailable', message));
    expect((await push('localhost:6000/mine', 'v2')).at(-1)).toEqual({ errorDetail: { message }, error: message });
  });

  it('logs an event', async () => {
    await tag('localhost:5000/team/app:v1', 'localhost:6000/mine', 'v2');
    await push('localhost:6000/mine', 'v2');
    expect(docker.engine.events.save().at(-1)).toMatchObject({
      type: 'image',
      action: 'push',
      actorId: 'localhost:6000/mine:v2',
      attributes: { name: 'localhost:6000/mine' },
    });
  });
});

describe('a push that fails', () => {
  it.each([
    ['localhost:5000/team/app', 'nope', 'tag does not exist: localhost:5000/team/app:nope'],
    ['notaggedlocally', 'latest', 'An image does not exist locally with the tag: notaggedlocally'],
    ['notaggedlocally', undefined, 'An image does not exist locally with the tag: notaggedlocally'],
  ])('%s:%s', async (name, tagName, message) => {
    const lines = await push(name, tagName);
    expect(lines).toHaveLength(2);
    expect(lines[0]!.status).toMatch(/^The push refers to repository \[/);
    expect(lines[1]).toEqual({ errorDetail: { message }, error: message });
  });

  it('is refused at once for a bad name, or without any credentials to read', async () => {
    await expect(push('Bad', 'x')).rejects.toMatchObject({ status: 400 });
    await expect(push('a@sha256:' + '0'.repeat(64), 'x')).rejects.toMatchObject({ status: 400, message: 'cannot import digest reference' });
    await expect(push('a', 'x', {})).rejects.toMatchObject({
      status: 400,
      message: 'bad parameters and missing X-Registry-Auth: invalid X-Registry-Auth header: EOF',
    });
  });

  it.each([
    ['denied', () => refuse(403, 'DENIED', ''), 'denied: requested access to the resource is denied'],
    [
      'denied with a token',
      () => respond(401, new Uint8Array(), { 'www-authenticate': 'Bearer realm="https://tokens/",error="insufficient_scope"' }),
      'denied: requested access to the resource is denied',
    ],
    ['too many', () => refuse(429, 'TOOMANYREQUESTS', 'slow down'), 'toomanyrequests: slow down'],
  ])('%s is final', async (_, answer, message) => {
    docker.registry.intercept = async ({ host, method }) => {
      if (host === 'tokens') return respond(200, new TextEncoder().encode('{"token":"t"}'), {});
      return method === 'POST' || method === 'PUT' ? answer() : undefined;
    };
    await tag('localhost:5000/team/app:v1', 'localhost:6000/mine', 'v2');
    const lines = await push('localhost:6000/mine', 'v2');
    expect(lines.at(-1)).toEqual({ errorDetail: { message }, error: message });
  });

  it('a registry that is broken is asked five times', async () => {
    docker.registry.intercept = async ({ method }) => (method === 'POST' ? respond(500, new Uint8Array(), {}) : undefined);
    await tag('localhost:5000/team/app:v1', 'localhost:6000/mine', 'v2');
    const lines = await pushPatiently(60, 'localhost:6000/mine', 'v2');
    expect(lines.at(-1)!.error).toBe('received unexpected HTTP status: 500 Internal Server Error');
    const top = short(app.diffIds[2]!);
    expect(lines.filter((line) => line.id === top && line.status?.startsWith('Retrying'))).toHaveLength(5 + 10 + 15 + 20);
  });

  it('an image for another platform', async () => {
    await tag('localhost:5000/team/app:v1', 'localhost:6000/mine', 'v2');
    const query = { tag: 'v2', platform: JSON.stringify({ os: 'linux', architecture: 'arm64' }) };
    await expect(
      docker.client.stream('/images/localhost:6000/mine/push', { method: 'POST', query, headers: auth({}) }),
    ).rejects.toMatchObject({
      status: 404,
      message:
        'image with reference localhost:6000/mine:v2 was found but its platform (linux/386) does not match the specified platform (linux/arm64)',
    });
  });
});
