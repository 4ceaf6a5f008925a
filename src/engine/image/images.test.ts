import { beforeEach, describe, expect, it } from 'vitest';
import { testEngine, type TestEngine } from '../testing/test-engine.ts';
import type { ImageHistoryItem, ImageInspect, ImageSummary } from '../api/types/image.ts';
import type { EventMessage } from '../api/types/system.ts';
import type { BuiltImage } from '../testing/fake-registry.ts';
import { imageFixture, type ImageFixture } from '../testing/image-fixture.ts';

let docker: TestEngine;
let busybox: BuiltImage;
let app: BuiltImage;
let list: ImageFixture['list'];
let inspect: ImageFixture['inspect'];
let remove: ImageFixture['remove'];
let tag: ImageFixture['tag'];

beforeEach(async () => {
  ({ docker, busybox, app, list, inspect, remove, tag } = await imageFixture());
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
