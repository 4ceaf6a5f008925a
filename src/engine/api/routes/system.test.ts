import { beforeEach, describe, expect, it } from 'vitest';
import { packTar } from 'modern-tar';
import { testEngine, type TestEngine } from '../../testing/test-engine.ts';
import { until } from '../../testing/settle.ts';
import type { DiskUsage, EventMessage, Info, Version } from '../types/system.ts';

let docker: TestEngine;
beforeEach(async () => {
  docker = await testEngine();
});

describe('ping', () => {
  it('says in its headers what clients ask first', async () => {
    const answer = await docker.engine.api({
      method: 'HEAD',
      path: '/_ping',
      query: new Map(),
      headers: {},
      body: (async function* () {})(),
    });
    expect(answer.headers).toMatchObject({
      'Api-Version': '1.50',
      'Builder-Version': '1',
      'Docker-Experimental': 'false',
      Ostype: 'linux',
      Server: 'Docker/28.2.2 (linux)',
      Swarm: 'inactive',
      'Cache-Control': 'no-cache, no-store, must-revalidate',
      Pragma: 'no-cache',
    });
    expect(await docker.client.negotiate()).toEqual({
      apiVersion: '1.50',
      osType: 'linux',
      builderVersion: '1',
      experimental: false,
      swarm: 'inactive',
    });
  });
});

describe('version and info', () => {
  it('say what is true', async () => {
    const version = await docker.client.get<Version>('/version');
    expect(version).toMatchObject({ Version: '28.2.2', ApiVersion: '1.50', MinAPIVersion: '1.24', Os: 'linux', Arch: '386' });
    expect(version.Components.map(({ Name }) => Name)).toEqual(['Engine', 'crun']);
    const info = await docker.client.get<Info>('/info');
    expect(info).toMatchObject({
      Name: 'node1',
      Images: 0,
      Driver: 'overlay2',
      CgroupVersion: '2',
      DefaultRuntime: 'crun',
      SystemTime: '2026-01-01T00:00:00Z',
    });
    expect(info.ID).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await docker.engine.shutdown();
    await docker.engine.start();
    expect((await docker.client.get<Info>('/info')).ID).toBe(info.ID);
  });
});

describe('events', () => {
  it('stream as they happen, until the client leaves', async () => {
    const stream = await docker.client.messages<EventMessage>('/events', { query: { filters: '{"type":["volume"]}' } });
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    docker.engine.events.log('image', 'pull', 'x', {});
    docker.engine.events.log('volume', 'create', 'data', { driver: 'local', b: '2', a: '1' });
    expect((await first).value).toEqual({
      Type: 'volume',
      Action: 'create',
      Actor: { ID: 'data', Attributes: { a: '1', b: '2', driver: 'local' } },
      scope: 'local',
      time: 1767225600,
      timeNano: 1767225600000000000,
    });
    expect((await docker.client.get<Info>('/info')).NEventsListener).toBe(1);
    await iterator.return?.();
    expect((await docker.client.get<Info>('/info')).NEventsListener).toBe(0);
  });

  it('end when the daemon does', async () => {
    const stream = await docker.client.messages<EventMessage>('/events');
    let ended = false;
    const reading = (async () => {
      for await (const _ of stream);
      ended = true;
    })();
    await docker.engine.shutdown();
    await until(() => ended);
    await reading;
  });

  it.each([
    [{ since: '2', until: '1' }, 400, '`since` time (2) cannot be after `until` time (1)'],
    [{ since: 'bogus' }, 500, 'strconv.ParseInt: parsing "bogus": invalid syntax'],
    [{ filters: 'nope' }, 400, 'invalid filter'],
  ])('refuse %j', async (query, status, message) => {
    await expect(docker.client.messages('/events', { query })).rejects.toMatchObject({ status, message });
  });
});

describe('system df', () => {
  it('counts layers once, and only what was asked for', async () => {
    const base = await packTar([{ header: { name: 'a', size: 7 }, body: '1234567' }]);
    await docker.registry.add(['docker.io/library/one:latest'], [base]);
    await docker.registry.add(['docker.io/library/two:latest'], [base, await packTar([{ header: { name: 'b', size: 3 }, body: 'abc' }])]);
    await docker.pull('one', 'latest');
    await docker.pull('two', 'latest');
    const usage = await docker.client.get<DiskUsage>('/system/df');
    expect(usage.LayersSize).toBe(10);
    expect(usage.Images?.map(({ Size, SharedSize, Containers }) => [Size, SharedSize, Containers]).sort()).toEqual([
      [10, 7, 0],
      [7, 7, 0],
    ]);
    expect(await docker.client.get('/system/df', { query: { type: ['volume'] } })).toEqual({
      LayersSize: 0,
      Images: null,
      Containers: null,
      Volumes: [],
      BuildCache: null,
    });
    await expect(docker.client.get('/system/df', { query: { type: ['bogus'] } })).rejects.toMatchObject({
      status: 400,
      message: 'unknown object type: bogus',
    });
  });
});

describe('what is not there', () => {
  it('has no plugins to install', async () => {
    expect(await docker.client.get('/plugins/privileges', { query: { remote: 'docker.io/x/y' } })).toEqual([]);
    await expect(docker.client.post('/plugins/pull', { json: [], query: { remote: 'docker.io/x/y' } })).rejects.toMatchObject({
      status: 404,
      message: 'error resolving plugin reference: docker.io/x/y:latest: not found',
    });
  });

  it.each([
    ['GET', '/plugins/x/json', 404, 'plugin "x" not found'],
    ['DELETE', '/plugins/me/x:1', 404, 'plugin "me/x:1" not found'],
    ['PUT', '/volumes/x', 503, 'volume update only valid for cluster volumes, but swarm is unavailable'],
    ['POST', '/plugins/x/enable', 404, 'plugin "x" not found'],
    ['POST', '/swarm/init', 501, 'docker swarm init is not supported by Drydock yet'],
    [
      'GET',
      '/nodes',
      503,
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    ],
    ['GET', '/nosuch', 404, 'page not found'],
    ['PUT', '/info', 404, 'page not found'],
  ])('%s %s', async (method, path, status, message) => {
    await expect(docker.client.stream(path, { method })).rejects.toMatchObject({ status, message });
  });
});
