import { beforeEach, describe, expect, it } from 'vitest';
import type { Volume, VolumeList, VolumesPruned } from '../api/types/volume.ts';
import { TestDocker } from '../testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

const create = (json: object = {}): Promise<Volume> => docker.client.post('/volumes/create', { json });
const list = async (filters: object = {}): Promise<string[]> =>
  (await docker.client.get<VolumeList>('/volumes', { query: { filters: JSON.stringify(filters) } })).Volumes!.map(({ Name }) => Name);
const prune = (filters: object = {}): Promise<VolumesPruned> =>
  docker.client.post('/volumes/prune', { query: { filters: JSON.stringify(filters) } });

describe('a volume', () => {
  it('is made, found, and made only once', async () => {
    const made = await create({ Name: 'data', Labels: { a: 'b' } });
    expect(made).toEqual({
      CreatedAt: '2026-01-01T00:00:00Z',
      Driver: 'local',
      Labels: { a: 'b' },
      Mountpoint: '/var/lib/docker/volumes/data/_data',
      Name: 'data',
      Options: null,
      Scope: 'local',
    });
    expect(await create({ Name: 'data' })).toEqual(made);
    expect(await docker.client.get('/volumes/data')).toEqual(made);
    expect(docker.actions('volume')).toEqual(['create']);
  });

  it('without a name gets one, and says so in a label', async () => {
    const { Name, Labels } = await create();
    expect(Name).toMatch(/^[0-9a-f]{64}$/);
    expect(Labels).toEqual({ 'com.docker.volume.anonymous': '' });
  });

  it.each([
    [{ Name: 'a' }, 400, 'create a: volume name is too short, names should be at least two alphanumeric characters'],
    [
      { Name: '-x' },
      400,
      'create -x: "-x" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
    ],
    [{ Name: 'xx', Driver: 'nope' }, 404, 'create xx: error looking up volume plugin nope: plugin "nope" not found'],
  ])('%j is refused', async (json, status, message) => {
    await expect(create(json)).rejects.toMatchObject({ status, message });
  });

  it('stays while a container has it, and after a restart of the daemon', async () => {
    const id = await docker.create('true', { HostConfig: { Binds: ['data:/data'] } });
    await docker.restartEngine();
    await expect(docker.client.delete('/volumes/data')).rejects.toMatchObject({
      status: 409,
      message: `remove data: volume is in use - [${id}]`,
    });
    await docker.client.delete(`/containers/${id}`);
    await docker.client.delete('/volumes/data');
    await expect(docker.client.get('/volumes/data')).rejects.toMatchObject({ status: 404, message: 'get data: no such volume' });
    await expect(docker.client.delete('/volumes/data')).rejects.toMatchObject({ status: 404 });
    await docker.client.delete('/volumes/data', { query: { force: true } });
    expect(docker.node.storage.list('volumes').filter((name) => name !== 'metadata.json')).toEqual([]);
  });

  it('of another container comes along with --volumes-from', async () => {
    await docker.create('true', { name: 'first', HostConfig: { Binds: ['data:/data', '/host:/h:ro'] } });
    const id = await docker.create('true', { HostConfig: { VolumesFrom: ['first:ro'] } });
    expect((await docker.inspect(id)).Mounts).toEqual([
      expect.objectContaining({ Type: 'volume', Name: 'data', Destination: '/data', RW: false }),
      expect.objectContaining({ Type: 'bind', Source: '/host', Destination: '/h', RW: false }),
    ]);
  });
});

describe('volumes', () => {
  beforeEach(async () => {
    await create({ Name: 'free', Labels: { a: '1' } });
    await create();
    await docker.create('true', { HostConfig: { Binds: ['used:/data'] } });
  });

  it('are listed by filter', async () => {
    expect(await list()).toHaveLength(3);
    expect(await list({ dangling: ['false'] })).toEqual(['used']);
    expect(await list({ dangling: ['true'] })).toHaveLength(2);
    expect(await list({ name: ['fre'] })).toEqual(['free']);
    expect(await list({ label: ['a=1'] })).toEqual(['free']);
    expect(await list({ driver: ['other'] })).toEqual([]);
    await expect(list({ bogus: ['1'] })).rejects.toMatchObject({ message: "invalid filter 'bogus'" });
  });

  it('stay in use when --volumes-from and -v mean the same one', async () => {
    await docker.create('true', { name: 'one', HostConfig: { Binds: ['shared:/a'] } });
    await docker.create('true', { name: 'two', HostConfig: { VolumesFrom: ['one'], Binds: ['shared:/a'] } });
    await docker.client.delete('/containers/one');
    await expect(docker.client.delete('/volumes/shared')).rejects.toThrow('remove shared: volume is in use');
    await docker.client.delete('/containers/two');
    await docker.client.delete('/volumes/shared');
  });

  it('are pruned: nameless ones, or all that nobody uses', async () => {
    expect((await prune()).VolumesDeleted).toHaveLength(1);
    expect((await list()).sort()).toEqual(['free', 'used']);
    expect((await prune({ all: ['true'] })).VolumesDeleted).toEqual(['free']);
    expect(await prune({ all: ['true'] })).toEqual({ VolumesDeleted: [], SpaceReclaimed: 0 });
  });

  it('are what lies in their directory when the daemon starts', async () => {
    docker.node.storage.write('volumes/by-hand/_data/file', new Uint8Array(3));
    docker.node.storage.remove('volumes/free');
    await docker.restartEngine();
    expect((await list()).filter((name) => name.length < 64).sort()).toEqual(['by-hand', 'used']);
    await docker.client.delete('/volumes/by-hand');
    expect(docker.node.storage.list('volumes')).not.toContain('by-hand');
  });

  it.each([
    [{ all: ['maybe'] }, `invalid filter 'all': strconv.ParseBool: parsing "maybe": invalid syntax`],
    [{ all: ['1', '0'] }, "invalid filter 'all=[1 0]': only one value is expected"],
    [{ dangling: ['1'] }, "invalid filter 'dangling'"],
  ])('are not pruned by %j', async (filters, message) => {
    await expect(prune(filters)).rejects.toMatchObject({ status: 400, message });
  });

  it('are pruned by label, and what that frees is counted', async () => {
    docker.node.storage.write('volumes/free/_data/file', new Uint8Array(11));
    await create({ Name: 'other', Labels: { keep: '' } });
    expect(await prune({ all: ['1'], 'label!': ['keep'], label: ['a=1'] })).toEqual({ VolumesDeleted: ['free'], SpaceReclaimed: 11 });
    const [pruned] = docker.engine.events.past({ sinceMs: 0 }).filter(({ action }) => action === 'prune');
    expect(pruned).toMatchObject({ type: 'volume', actorId: '', attributes: { reclaimed: '11' } });
    expect(await list()).toContain('other');
  });

  it('of a cluster are not here', async () => {
    await expect(create({ Name: 'far', ClusterVolumeSpec: {} })).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining('This node is not a swarm manager.') as string,
    });
  });
});
