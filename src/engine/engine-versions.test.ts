/** Which release an engine is: what it reads at its start and not again, and what is different from one to the other. */
import { beforeEach, expect, test } from 'vitest';
import { parseQuery } from './api/query.ts';
import type { ContainerInspect } from './api/types/container.ts';
import type { Info, Version } from './api/types/system.ts';
import { newestRelease, type EngineRelease } from './engine-release.ts';
import { TestDocker } from './testing/test-docker.ts';

const old: EngineRelease = { ...newestRelease, version: '24.0.9', apiVersion: '1.43', minApiVersion: '1.12', behaviours: [] };

let docker: TestDocker;
let installed: EngineRelease;

beforeEach(async () => {
  docker = await TestDocker.start();
  installed = newestRelease;
  docker.node.ports.readRelease = () => Promise.resolve(installed);
  await docker.pass(docker.client.post('/networks/create', { json: { Name: 'front' } }));
  const options = { HostConfig: { NetworkMode: 'front', RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } }, Hostname: 'box' };
  await docker.runDetached(['sleep', '100000'], { name: 'web', ...options });
});

/** Installs a release and starts the engine again. */
async function become(release: EngineRelease): Promise<void> {
  installed = release;
  await docker.restartEngine();
  await docker.client.negotiate();
}

const version = (): Promise<Version> => docker.client.get('/version');
const endpoint = async (): Promise<object> =>
  (await docker.client.get<ContainerInspect>('/containers/web/json')).NetworkSettings.Networks['front'] ?? {};

test('what is installed counts from the next start on', async () => {
  installed = old;
  expect((await version()).Version).toBe('28.2.2');
  await docker.restartEngine();
  expect(await docker.client.negotiate()).toMatchObject({ apiVersion: '1.43' });
  expect(await version()).toMatchObject({ Version: '24.0.9', ApiVersion: '1.43', MinAPIVersion: '1.12' });
  expect((await docker.client.get<Info>('/info')).ServerVersion).toBe('24.0.9');
});

test('a saved engine goes on as what it was', async () => {
  installed = old;
  await docker.resumeEngine();
  expect((await version()).Version).toBe('28.2.2');
});

test('an engine whose release cannot be read does not start', async () => {
  docker.node.ports.readRelease = () => Promise.reject(new Error('no release'));
  await expect(docker.restartEngine()).rejects.toThrow('no release');
});

test('the range of API versions', async () => {
  const ask = async (path: string): Promise<unknown> => {
    const { status, headers, body } = await docker.engine.api({ method: 'GET', path, query: parseQuery(''), headers: {}, body: none() });
    const text = body.kind === 'bytes' ? new TextDecoder().decode(body.bytes).trim() : '';
    return { status, server: headers['Server'], text };
  };
  expect(await ask('/v1.12/_ping')).toMatchObject({ status: 400 });
  await become(old);
  expect(await ask('/v1.12/_ping')).toEqual({ status: 200, server: 'Docker/24.0.9 (linux)', text: 'OK' });
  expect(await ask('/v1.44/_ping')).toMatchObject({
    status: 400,
    text: '{"message":"client version 1.44 is too new. Maximum supported API version is 1.43"}',
  });
  expect(await ask('/v1.11/_ping')).toMatchObject({
    text: 'client version 1.11 is too old. Minimum supported API version is 1.12, please upgrade your client to a newer version',
  });
});

test('names of an endpoint, and what its aliases are', async () => {
  const id = (await docker.inspect('web')).Id.slice(0, 12);
  expect(await endpoint()).toMatchObject({ Aliases: null, DNSNames: ['web', id, 'box'], GwPriority: 0 });
  await become(old);
  const shown = await endpoint();
  expect(shown).toMatchObject({ Aliases: [id, 'box'] });
  expect(Object.keys(shown)).not.toContain('DNSNames');
  expect(Object.keys(shown)).not.toContain('GwPriority');
  await become(newestRelease);
  expect(await endpoint()).toMatchObject({ Aliases: null, DNSNames: ['web', id, 'box'] });
});

test('how it refuses to remove what runs', async () => {
  const { Id: id } = await docker.inspect('web');
  const remove = (): Promise<unknown> => docker.client.delete('/containers/web');
  await expect(remove()).rejects.toThrow(
    'cannot remove container "web": container is running: stop the container before removing or force remove',
  );
  await become(old);
  await expect(remove()).rejects.toThrow(
    `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`,
  );
  await docker.pass(docker.client.post('/containers/web/pause'));
  await expect(remove()).rejects.toThrow(
    `You cannot remove a paused container ${id}. Unpause and then stop the container before attempting removal or force remove`,
  );
});

test('what info and images say', async () => {
  const images = (): Promise<object[]> => docker.client.get('/images/json');
  expect(await docker.client.get<Info>('/info')).toHaveProperty('FirewallBackend');
  expect((await images())[0]).not.toHaveProperty('VirtualSize');
  await become(old);
  expect(await docker.client.get<Info>('/info')).not.toHaveProperty('FirewallBackend');
  expect((await images())[0]).toHaveProperty('VirtualSize');
});

async function* none(): AsyncGenerator<Uint8Array> {}
