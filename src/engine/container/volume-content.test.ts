import { beforeEach, expect, it } from 'vitest';
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
