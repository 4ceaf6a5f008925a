import { beforeEach, expect, it } from 'vitest';
import type { FakeRuntime } from '../runtime/fake.ts';
import { TestBuilds } from '../testing/test-builds.ts';

let docker: TestBuilds;
beforeEach(async () => {
  docker = await TestBuilds.start();
  await docker.build({ Dockerfile: 'FROM base\nCOPY d /data\nVOLUME /data\n', 'd/a': 'a\n', 'd/e/b': 'b\n' }, { t: 'app' });
});

const create = (body: object): Promise<{ Id: string }> =>
  docker.node.client.post('/containers/create', { json: { Image: 'app', ...body } });
const volumes = (): string[] => docker.node.storage.paths().filter((path) => path.startsWith('volumes/') && path.includes('/_data/'));

it('a new volume gets what the image has there', async () => {
  await create({ HostConfig: { Binds: ['named:/data'] } });
  expect(volumes()).toEqual(['volumes/named/_data/a', 'volumes/named/_data/e/b']);
  await create({});
  expect(
    volumes()
      .filter((path) => !path.startsWith('volumes/named/'))
      .map((path) => path.split('/').slice(2).join('/')),
  ).toEqual(['_data/a', '_data/e/b']);
});

it('one that has something stays as it is, and nocopy is obeyed', async () => {
  docker.node.storage.write('volumes/named/_data/own', new Uint8Array(1));
  await create({ HostConfig: { Binds: ['named:/data', 'other:/lib:nocopy'] } });
  expect(volumes()).toEqual(['volumes/named/_data/own']);
});

it('a subpath gets it when it is there, and what comes from another container gets nothing', async () => {
  await docker.node.client.post('/volumes/create', { json: { Name: 'named' } });
  docker.node.storage.makeDirectory('volumes/named/_data/sub');
  const mount = (Subpath: string): object => ({ Type: 'volume', Source: 'named', Target: '/data', VolumeOptions: { Subpath } });
  await create({ HostConfig: { Mounts: [mount('sub')] } });
  await create({ HostConfig: { Mounts: [mount('missing')] } });
  expect(volumes()).toEqual(['volumes/named/_data/sub/a', 'volumes/named/_data/sub/e/b']);
  const { Id } = await create({ HostConfig: { Binds: ['empty:/elsewhere'] } });
  await create({ Volumes: {}, HostConfig: { VolumesFrom: [Id], Binds: ['empty:/elsewhere'] } });
  docker.node.storage.remove('volumes/empty/_data');
  docker.node.storage.makeDirectory('volumes/empty/_data');
  const { Id: at } = await create({ HostConfig: { Binds: ['other:/data:nocopy'] } });
  await create({ HostConfig: { VolumesFrom: [at] } });
  expect(volumes().some((path) => path.startsWith('volumes/other/'))).toBe(false);
});

it('a file of the image is in the way', async () => {
  await expect(create({ HostConfig: { Binds: ['named:/data/a'] } })).rejects.toMatchObject({
    status: 500,
    message: expect.stringMatching(/^source \/var\/lib\/docker\/overlay2\/[0-9a-f]{64}\/merged\/data\/a is not directory$/) as string,
  });
});

it('of a volume with options, what it shows is filled', async () => {
  const runtime = docker.node.ports.runtime as FakeRuntime;
  runtime.nodeFiles.makeDirectories('/srv/shown');
  const DriverOpts = { type: 'none', device: '/srv/shown', o: 'bind' };
  await docker.node.client.post('/volumes/create', { json: { Name: 'shown', DriverOpts } });
  await create({ HostConfig: { Binds: ['shown:/data'] } });
  expect(runtime.nodeFiles.get('/srv/shown/e/b')?.content).toBe('b\n');
  expect(runtime.mounted).toHaveLength(1);
});
