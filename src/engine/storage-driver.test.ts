import { beforeEach, describe, expect, it } from 'vitest';
import type { ContainerInspect } from './api/types/container.ts';
import type { ImageInspect, ImageSummary } from './api/types/image.ts';
import type { Info } from './api/types/system.ts';
import { TestDocker } from './testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

const images = async (): Promise<string[]> => (await docker.client.get<ImageSummary[]>('/images/json')).map(({ Id }) => Id);
const choose = (storageDriver: 'overlay2' | 'vfs'): Promise<void> => docker.restartEngine({ storageDriver });
const pull = async (): Promise<void> => {
  const { chunks } = await docker.client.stream('/images/create', { method: 'POST', query: { fromImage: 'busybox', tag: 'latest' } });
  for await (const chunk of chunks) void chunk;
};
const copies = (): string[] => docker.node.storage.list('vfs/dir');

describe('the storage driver vfs', () => {
  it('sees nothing of overlay2, which has all again when it is chosen again', async () => {
    await docker.create('true', { name: 'old' });
    const before = await images();
    expect(before).not.toEqual([]);
    await choose('vfs');
    expect(await images()).toEqual([]);
    expect(await docker.names()).toEqual([]);
    const info = await docker.client.get<Info>('/info');
    expect([info.Driver, info.DriverStatus]).toEqual(['vfs', null]);
    await choose('overlay2');
    expect(await images()).toEqual(before);
    expect(await docker.names()).toEqual(['old']);
  });

  it('takes nothing from the other when the same image is removed', async () => {
    await docker.create('true', { name: 'old' });
    await choose('vfs');
    await pull();
    const [id] = await images();
    expect(copies()).toHaveLength(1);
    await docker.client.delete(`/images/${id}`);
    expect(copies()).toEqual([]);
    await choose('overlay2');
    expect(await images()).toContain(id);
    expect((await docker.run('true')).exitCode).toBe(0);
  });

  it('gives a container a copy, and tells what was changed in it', async () => {
    await choose('vfs');
    await pull();
    const id = await docker.create('true');
    expect(copies()).toHaveLength(3);
    const container = await docker.client.get<ContainerInspect>(`/containers/${id}/json`);
    expect([container.Driver, container.GraphDriver]).toEqual(['vfs', { Data: null, Name: 'vfs' }]);
    expect((await docker.client.get<ImageInspect>('/images/busybox/json')).GraphDriver).toEqual({ Data: null, Name: 'vfs' });
    expect(await docker.client.get(`/containers/${id}/changes`)).toBeNull();

    const name = new TextDecoder().decode(docker.node.storage.read(`image/vfs/layerdb/mounts/${id}/mount-id`));
    docker.node.storage.write(`vfs/dir/${name}/new`, new TextEncoder().encode('four'));
    docker.node.storage.remove(`vfs/dir/${name}/etc/passwd`);
    expect(await docker.client.get(`/containers/${id}/changes`)).toEqual([
      { Path: '/etc', Kind: 0 },
      { Path: '/etc/passwd', Kind: 2 },
      { Path: '/new', Kind: 1 },
    ]);
    const sized = await docker.client.get<ContainerInspect>(`/containers/${id}/json`, { query: { size: true } });
    expect(sized.SizeRw).toBe(4);
    await docker.pass(docker.client.post('/commit', { query: { container: id, repo: 'mine' } }));
    expect(copies()).toHaveLength(4);
    await docker.client.delete(`/containers/${id}`);
    expect(copies()).toHaveLength(2);
  });
});
