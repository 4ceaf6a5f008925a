import { beforeEach, describe, expect, it } from 'vitest';
import { jsonDocuments } from '../api/client.ts';
import type { ImageInspect, ImageHistoryItem } from '../api/types/image.ts';
import type { ProgressMessage } from '../api/types/system.ts';
import { concatBytes } from '../bytes.ts';
import { readTar } from '../oci/tar.ts';
import { TestDocker } from '../testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

async function archive(path: string, query: Record<string, string> = {}): Promise<Uint8Array> {
  const { chunks } = await docker.client.stream(path, { query });
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return concatBytes(pieces);
}

async function load(bytes: Uint8Array): Promise<ProgressMessage[]> {
  const body = (async function* () {
    yield bytes;
  })();
  const { chunks } = await docker.client.stream('/images/load', { method: 'POST', query: { quiet: '1' }, body });
  const lines: ProgressMessage[] = [];
  for await (const line of jsonDocuments<ProgressMessage>(chunks)) lines.push(line);
  return lines;
}

const commit = (container: string, query: Record<string, string | string[]> = {}): Promise<{ Id: string }> =>
  docker.pass(docker.client.post('/commit', { query: { container, ...query } }));
const inspect = (name: string): Promise<ImageInspect> => docker.client.get(`/images/${name}/json`);

describe('what a container has written', () => {
  it('is told as changes over its image', async () => {
    const { id } = await docker.run('echo 1 > /new; rm /etc/passwd; echo 2 > /etc/group');
    expect(await docker.client.get(`/containers/${id}/changes`)).toEqual([
      { Path: '/etc', Kind: 0 },
      { Path: '/etc/group', Kind: 0 },
      { Path: '/etc/passwd', Kind: 2 },
      { Path: '/new', Kind: 1 },
    ]);
    const untouched = await docker.create('true');
    expect(await docker.client.get(`/containers/${untouched}/changes`)).toBeNull();
  });

  it('is exported with the image below it', async () => {
    const { id } = await docker.run('echo 1 > /new; rm /etc/passwd');
    const names = [...readTar(await archive(`/containers/${id}/export`))].map(({ name }) => name);
    expect(names).toContain('new');
    expect(names).toContain('bin/busybox');
    expect(names).toContain('.dockerenv');
    expect(names).not.toContain('etc/passwd');
  });

  it('becomes an image', async () => {
    const { id } = await docker.run('echo 1 > /new');
    const { Id } = await commit(id, { repo: 'mine', tag: 'v1', comment: 'why', author: 'me', changes: ['CMD ["cat","/new"]', 'ENV A=b'] });
    const image = await inspect('mine:v1');
    expect(image).toMatchObject({ Id, Comment: 'why', Author: 'me', Config: { Cmd: ['cat', '/new'] } });
    expect(image.Parent).toBe((await inspect('busybox')).Id);
    expect(image.Config?.Env).toContain('A=b');
    const history: ImageHistoryItem[] = await docker.client.get('/images/mine:v1/history');
    expect(history[0]).toMatchObject({ Id, CreatedBy: 'sh -c echo 1 > /new', Comment: 'why', Size: 2, Tags: ['mine:v1'] });
    expect(docker.actions()).toContain('commit');
  });

  it('is frozen while a running container is committed, and goes on afterwards', async () => {
    const id = await docker.runDetached('sleep 100');
    await commit(id);
    expect(docker.actions().slice(-3)).toEqual(['pause', 'commit', 'unpause']);
    expect((await docker.inspect(id)).State.Status).toBe('running');
  });

  it('that is nothing makes an image without a layer of its own', async () => {
    const id = await docker.create('true');
    await commit(id, { repo: 'same' });
    const [same, busybox] = [await inspect('same'), await inspect('busybox')];
    expect(same.RootFS.Layers).toEqual(busybox.RootFS.Layers);
    expect(same.Id).not.toBe(busybox.Id);
  });
});

describe('an image that was saved', () => {
  it('is loaded as the one it was', async () => {
    const { id } = await docker.run('echo 1 > /new');
    const { Id } = await commit(id, { repo: 'mine' });
    const saved = await archive('/images/get', { names: 'mine' });
    expect([...readTar(saved)].map(({ name }) => name).filter((name) => !name.startsWith('blobs/sha256/'))).toEqual([
      'blobs/',
      'index.json',
      'manifest.json',
      'oci-layout',
      'repositories',
    ]);
    await docker.client.delete(`/containers/${id}`);
    for (const name of ['mine', 'busybox']) await docker.client.delete(`/images/${name}`);
    await expect(inspect(Id)).rejects.toMatchObject({ status: 404 });
    expect(await load(saved)).toEqual([{ stream: 'Loaded image: mine:latest\n' }]);
    expect((await inspect('mine')).Id).toBe(Id);
    expect(await archive('/images/get', { names: 'mine' })).toEqual(saved);
  });

  it('by its id comes without a name', async () => {
    const { Id } = await inspect('busybox');
    const saved = await archive(`/images/${Id}/get`);
    await docker.client.delete('/images/busybox');
    expect(await load(saved)).toEqual([{ stream: `Loaded image ID: ${Id}\n` }]);
    expect((await inspect(Id)).RepoTags).toEqual([]);
  });

  it('must be there, and what is missing is named as Docker names it', async () => {
    await expect(archive('/images/get', { names: 'nope' })).rejects.toThrow('No such image: nope');
    await expect(archive('/images/get', { names: 'busybox:nope' })).rejects.toThrow('reference does not exist');
  });

  it('takes its name from another image', async () => {
    const saved = await archive('/images/get', { names: 'busybox' });
    const { Id } = await commit(await docker.create('true'), { repo: 'busybox' });
    expect(await load(saved)).toEqual([
      { stream: `The image busybox:latest already exists, renaming the old one with ID ${Id} to empty string\n` },
      { stream: 'Loaded image: busybox:latest\n' },
    ]);
  });

  it('and damaged is refused, with nothing half-loaded', async () => {
    const saved = await archive('/images/get', { names: 'busybox' });
    await docker.client.delete('/images/busybox');
    const layer = [...readTar(saved)].reduce((a, b) => (a.content.length > b.content.length ? a : b)).content;
    const damaged = saved.slice();
    damaged[layer.byteOffset - saved.byteOffset + 600]! ^= 1;
    const [line] = await load(damaged);
    expect(line?.error).toMatch(/^invalid diffID for layer 0: expected|archive\/tar: invalid tar header/);
    expect(await load(saved.subarray(0, saved.length / 2))).toMatchObject([{ error: 'unexpected EOF' }]);
    expect(await load(new Uint8Array(1024))).toMatchObject([{ error: 'invalid archive: does not contain a manifest.json' }]);
    expect(await docker.client.get('/images/json')).toEqual([]);
  });
});
