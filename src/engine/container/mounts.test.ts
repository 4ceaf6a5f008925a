import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../api/client.ts';
import type { HostConfig } from '../api/types/container.ts';
import type { CreateOptions, Ran } from '../testing/test-docker.ts';
import { TestDocker } from '../testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
  docker.runtime.nodeFiles.makeDirectories('/srv');
  docker.runtime.nodeFiles.write('/srv/file', 'from the node\n');
});

const withHost = (command: string, HostConfig: Partial<HostConfig>, options: CreateOptions = {}): Promise<Ran> =>
  docker.run(command, { HostConfig, ...options });
const volume = (Name: string, DriverOpts?: Record<string, string>): Promise<unknown> =>
  docker.client.post('/volumes/create', { json: { Name, DriverOpts } });
const events = (): string[] =>
  docker.engine.events
    .past({ sinceMs: 0 })
    .filter(({ type, action }) => type === 'volume' || (type === 'container' && ['start', 'die', 'destroy'].includes(action)))
    .map(({ type, action }) => `${type} ${action}`);
const mountedAt = (): string[] => docker.runtime.mounted.map(({ target }) => target).slice(1);

describe('a bind mount', () => {
  it('shows what the node has, at once and in both directions', async () => {
    const id = await docker.runDetached(['sleep', '100'], { HostConfig: { Binds: ['/srv:/data', '/srv/file:/one:ro'] } });
    docker.runtime.nodeFiles.write('/srv/file', 'changed\n');
    expect((await docker.exec(id, 'cat /data/file /one; echo new > /data/new')).stdout).toBe('changed\nchanged\n');
    expect(docker.runtime.nodeFiles.get('/srv/new')?.content).toBe('new\n');
  });

  it('of --mount has to have a source, unless it may be made', async () => {
    const Mounts = [{ Type: 'bind', Source: '/nope', Target: '/x' }];
    await expect(docker.create('true', { name: 'web', HostConfig: { Mounts } })).rejects.toMatchObject({
      status: 400,
      message: 'invalid mount config for type "bind": bind source path does not exist: /nope',
    });
    expect(await docker.names()).toEqual([]);
    const made = [{ Type: 'bind', Source: '/nope', Target: '/x', BindOptions: { CreateMountpoint: true } }];
    expect((await withHost('ls -d /x', { Mounts: made })).exitCode).toBe(0);
    expect((await withHost('ls -d /x', { Binds: ['/nope2:/x'] })).exitCode).toBe(0);
    expect(docker.runtime.nodeFiles.get('/nope2')?.type).toBe('directory');
  });

  it.each([
    ['shared', '/srv', 'path /srv is mounted on / but it is not a shared mount'],
    ['rslave', '/srv', 'path /srv is mounted on / but it is not a shared or slave mount'],
  ])('%s needs a source that spreads', async (mode, source, message) => {
    docker.runtime.mounted[0]!.shared = false;
    const id = await docker.create('true', { HostConfig: { Binds: [`${source}:/x:${mode}`, 'vol:/v'] } });
    await expect(docker.start(id)).rejects.toMatchObject({ status: 500, message });
    expect((await docker.inspect(id)).State).toMatchObject({ Status: 'created', ExitCode: 128, Error: message });
    expect(events()).toEqual(['volume create', 'volume mount', 'volume unmount']);
  });

  it('of the daemon’s own directory is a slave, if it can be', async () => {
    docker.runtime.mounted[0]!.shared = false;
    const run = async (): Promise<unknown> => {
      await withHost('true', { Binds: ['/var/lib/docker/x:/x'] });
      const { mounts, linux } = docker.runtime.launches.at(-1)!.config;
      return [mounts.find(({ destination }) => destination === '/x')?.options, linux.rootfsPropagation];
    };
    expect(await run()).toEqual([['rbind', 'rslave'], undefined]);
    docker.runtime.mounted[0]!.slave = true;
    expect(await run()).toEqual([['rbind', 'rslave'], 'rslave']);
    await expect(withHost('true', { Binds: ['/var/lib/docker:/x:private'] })).rejects.toThrow(
      'invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, daemon root: "/var/lib/docker", bind mount source: "/var/lib/docker", propagation: "private"',
    );
  });

  it.each<[string, object, string[]]>([
    ['readonly', {}, ['rbind', 'rro', 'rprivate']],
    ['bind-recursive=writable', { ReadOnlyNonRecursive: true }, ['rbind', 'ro', 'rprivate']],
    ['bind-recursive=disabled', { NonRecursive: true }, ['bind', 'rro', 'rprivate']],
    ['bind-recursive=readonly', { ReadOnlyForceRecursive: true }, ['rbind', 'rro', 'rprivate']],
  ])('%s', async (_, BindOptions, options) => {
    await withHost('true', { Mounts: [{ Type: 'bind', Source: '/srv', Target: '/x', ReadOnly: true, BindOptions }] });
    expect(docker.runtime.launches.at(-1)!.config.mounts.find(({ destination }) => destination === '/x')?.options).toEqual(options);
  });

  it('cannot be recursively read-only and not at once', async () => {
    const start = async (ReadOnly: boolean, BindOptions: object): Promise<unknown> =>
      withHost('true', { Mounts: [{ Type: 'bind', Source: '/srv', Target: '/x', ReadOnly, BindOptions }] });
    const conflict = 'mount options conflict: ';
    await expect(start(false, { ReadOnlyNonRecursive: true })).rejects.toThrow(`${conflict}!ReadOnly && BindOptions.ReadOnlyNonRecursive`);
    await expect(start(false, { ReadOnlyForceRecursive: true })).rejects.toThrow(
      `${conflict}!ReadOnly && BindOptions.ReadOnlyForceRecursive`,
    );
    await expect(start(true, { ReadOnlyNonRecursive: true, ReadOnlyForceRecursive: true })).rejects.toThrow(
      `${conflict}ReadOnlyNonRecursive && BindOptions.ReadOnlyForceRecursive`,
    );
  });

  it('of an older client is read-only at its top alone', async () => {
    const json = { Image: 'busybox', Cmd: ['true'], HostConfig: { Binds: ['/srv:/x:ro'] } };
    const { Id } = await new ApiClient(docker.engine.api, '1.43').post<{ Id: string }>('/containers/create', { json });
    await docker.start(Id);
    expect(docker.runtime.launches.at(-1)!.config.mounts.find(({ destination }) => destination === '/x')?.options).toContain('ro');
  });
});

describe('volumes', () => {
  it('are shared by containers and outlive them', async () => {
    await withHost('echo kept > /data/file', { Binds: ['data:/data'], AutoRemove: true });
    expect((await withHost('cat /d/file', { Mounts: [{ Type: 'volume', Source: 'data', Target: '/d' }] })).stdout).toBe('kept\n');
  });

  it('say when they are mounted', async () => {
    const { id } = await withHost('true', { Binds: ['data:/data:ro'] });
    expect(events()).toEqual(['volume create', 'volume mount', 'container start', 'volume unmount', 'container die']);
    const [, mount, unmount] = docker.engine.events.past({ sinceMs: 0 }).filter(({ type }) => type === 'volume');
    expect(mount?.attributes).toEqual({ driver: 'local', container: id, destination: '/data', 'read/write': 'false', propagation: '' });
    expect(unmount?.attributes).toEqual({ driver: 'local', container: id });
  });

  it('with --rm: nameless ones go, named ones stay', async () => {
    await withHost('true', { Binds: ['/anonymous', 'named:/named'], AutoRemove: true });
    expect(docker.engine.volumes.all().map(({ name }) => name)).toEqual(['named']);
  });

  it('of an image lie nowhere that something else does', async () => {
    const id = await docker.create('true', {
      Volumes: { '/a': {}, '/b': {}, '/c': {} },
      HostConfig: { Binds: ['named:/a'], Tmpfs: { '/b': '' } },
    });
    expect((await docker.inspect(id)).Mounts.map(({ Destination }) => Destination)).toEqual(['/a', '/c']);
  });

  it.each<[Partial<HostConfig>, number, string]>([
    [{ Binds: ['a1:/x', 'b1:/x'] }, 400, 'Duplicate mount point: /x'],
    [{ Binds: ['a1:/x'], Mounts: [{ Type: 'tmpfs', Target: '/x/' }] }, 400, 'Duplicate mount point: /x/'],
    [{ Binds: ['a1:/x'], Tmpfs: { '/x': '' } }, 400, 'Duplicate mount point: /x'],
    [{ Binds: ['a:/x'] }, 400, 'create a: volume name is too short, names should be at least two alphanumeric characters'],
    [{ Binds: ['a1:/x'], VolumeDriver: 'nfs4' }, 404, 'create a1: error looking up volume plugin nfs4: plugin "nfs4" not found'],
    [
      { Binds: ['a1:b1'] },
      400,
      "invalid volume specification: 'a1:b1': invalid mount config for type \"volume\": invalid mount path: 'b1' mount path must be absolute",
    ],
    [{ VolumesFrom: ['nobody'] }, 400, 'No such container: nobody'],
    [{ VolumesFrom: [':ro'] }, 400, 'invalid name or ID supplied: ""'],
    [{ VolumesFrom: ['x:sw'] }, 400, 'invalid mode: sw'],
    [{ Mounts: [{ Type: 'image', Source: 'nothing', Target: '/x' }] }, 404, 'No such image: nothing:latest'],
    [{ Mounts: [{ Type: 'npipe', Source: 'a', Target: '/x' }] }, 400, 'invalid mount config for type "npipe": mount type unknown'],
    [
      { Mounts: [{ Type: 'volume', Source: 'v1', Target: '/x', VolumeOptions: { DriverConfig: { Options: { bogus: '1' } } } }] },
      400,
      'create v1: invalid option: "bogus"',
    ],
  ])('%j is refused, and nothing is left', async (HostConfig, status, message) => {
    const paths = docker.node.storage.paths();
    await expect(docker.create('true', { HostConfig })).rejects.toMatchObject({ status, message });
    expect(await docker.names()).toEqual([]);
    const named = docker.engine.volumes.all().map(({ name }) => name);
    for (const name of named) await docker.client.delete(`/volumes/${name}`);
    expect(docker.node.storage.paths().filter((path) => !path.startsWith('volumes/'))).toEqual(paths);
  });

  it('nocopy, labels and driver options of --mount', async () => {
    const VolumeOptions = {
      NoCopy: true,
      Labels: { a: 'b' },
      DriverConfig: { Name: 'local', Options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' } },
    };
    await docker.create('true', { HostConfig: { Mounts: [{ Type: 'volume', Source: 'vol', Target: '/x', VolumeOptions }] } });
    expect(await docker.client.get('/volumes/vol')).toMatchObject({ Labels: { a: 'b' }, Options: VolumeOptions.DriverConfig.Options });
  });

  it('--volume-driver does not count for --mount, which is told', async () => {
    const HostConfig = { VolumeDriver: 'local', Mounts: [{ Type: 'volume', Target: '/x' }] };
    const made = await docker.client.post('/containers/create', { json: { Image: 'busybox', Cmd: ['true'], HostConfig } });
    expect(made).toMatchObject({
      Warnings: [
        "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via 'mount'. Use '--mount type=volume,volume-driver=...' instead",
      ],
    });
  });
});

describe('a subpath of a volume', () => {
  const mount = (Subpath: string): Partial<HostConfig> => ({
    Mounts: [{ Type: 'volume', Source: 'vol', Target: '/x', VolumeOptions: { Subpath } }],
  });

  it('is mounted alone', async () => {
    await withHost('mkdir /v/sub; echo deep > /v/sub/file', { Binds: ['vol:/v'] });
    expect((await withHost('cat /x/file', mount('sub'))).stdout).toBe('deep\n');
    expect((await withHost('cat /x', mount('sub/file'))).stdout).toBe('deep\n');
  });

  it('that is not there is an error at the start', async () => {
    const id = await docker.create('true', { HostConfig: mount('nowhere') });
    const path = '/var/lib/docker/volumes/vol/_data/nowhere';
    await expect(docker.start(id)).rejects.toMatchObject({
      status: 404,
      message: `cannot access path ${path}: lstat ${path}: no such file or directory`,
    });
    await expect(docker.create('true', { HostConfig: mount('../x') })).rejects.toThrow('subpath must be a relative path within the volume');
  });
});

describe('a volume with options', () => {
  const target = '/var/lib/docker/volumes/vol/_data';

  it('is mounted for its first user and taken off after its last', async () => {
    await volume('vol', { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' });
    expect(JSON.parse(docker.node.storage.text('volumes/vol/opts.json'))).toEqual({
      MountType: 'tmpfs',
      MountOpts: 'size=1m',
      MountDevice: 'tmpfs',
      Quota: { Size: 0 },
    });
    expect(mountedAt()).toEqual([]);
    const sleep = { HostConfig: { Binds: ['vol:/x'] } };
    const one = await docker.runDetached(['sleep', '100'], sleep);
    const two = await docker.runDetached(['sleep', '100'], sleep);
    expect(docker.runtime.mounted.at(-1)).toMatchObject({ source: 'tmpfs', target, type: 'tmpfs', data: 'size=1m' });
    await docker.exec(one, 'echo shared > /x/file');
    expect((await docker.exec(two, 'cat /x/file')).stdout).toBe('shared\n');
    await docker.pass(docker.client.post(`/containers/${one}/kill`));
    await docker.pass(docker.wait(one));
    expect(mountedAt()).toEqual([target]);
    await docker.resumeEngine();
    await docker.pass(docker.client.delete(`/containers/${two}`, { query: { force: true } }));
    expect(mountedAt()).toEqual([]);
    await docker.client.delete(`/containers/${one}`);
    await docker.client.delete('/volumes/vol');
  });

  it('may be another directory', async () => {
    await volume('vol', { type: 'none', device: '/srv', o: 'bind' });
    expect((await withHost('cat /x/file', { Binds: ['vol:/x'] })).stdout).toBe('from the node\n');
    expect(mountedAt()).toEqual([]);
  });

  it('that cannot be mounted fails the start and leaves nothing', async () => {
    await volume('vol', { type: 'none', device: '/nope', o: 'bind' });
    await volume('other', { type: 'tmpfs', device: 'tmpfs' });
    const id = await docker.create('true', { HostConfig: { Binds: ['other:/new', 'vol:/newer'], IpcMode: 'shareable' } });
    const message = `error while mounting volume '${target}': failed to mount local volume: mount /nope:${target}, flags: 0x1000: no such file or directory`;
    await expect(docker.start(id)).rejects.toMatchObject({ status: 500, message });
    expect(mountedAt()).toEqual([]);
    await docker.client.delete(`/containers/${id}`);
    // Where the image has something, the volume is looked into before.
    await expect(docker.create('true', { name: 'web', HostConfig: { Binds: ['vol:/bin'] } })).rejects.toMatchObject({
      status: 500,
      message: `failed to populate volume: ${message}`,
    });
    expect(await docker.names()).toEqual([]);
    expect(docker.engine.volumes.inUse('vol')).toBe(false);
  });

  it('is not pruned and has no size', async () => {
    await volume('vol', { type: 'none', device: '/srv', o: 'bind' });
    await volume('plain');
    docker.node.storage.write('volumes/plain/_data/file', new Uint8Array(7));
    const usage = await docker.client.get<{ Volumes: object[] }>('/system/df');
    expect(usage.Volumes).toMatchObject([{ Name: 'plain', UsageData: { Size: 7, RefCount: 0 } }]);
    const query = { filters: JSON.stringify({ all: ['1'] }) };
    expect(await docker.client.post('/volumes/prune', { query })).toEqual({ VolumesDeleted: ['plain'], SpaceReclaimed: 7 });
  });
});

describe('an image', () => {
  const mount = (options: object = {}): Partial<HostConfig> => ({
    Mounts: [{ Type: 'image', Source: 'busybox', Target: '/image', ...options }],
  });

  it('is mounted read-only for as long as the container runs', async () => {
    const id = await docker.runDetached(['sleep', '100'], { HostConfig: mount() });
    const { config, trees } = docker.runtime.launches.at(-1)!;
    const [tree] = trees!;
    const { Mounts } = await docker.inspect(id);
    const source = `/var/lib/docker/overlay2/${tree!.name}/merged`;
    expect(Mounts).toEqual([
      { Type: 'image', Name: 'busybox', Source: source, Destination: '/image', Mode: '', RW: false, Propagation: 'rprivate' },
    ]);
    expect(config.mounts.find(({ destination }) => destination === '/image')).toEqual({
      destination: '/image',
      type: 'bind',
      source,
      options: ['rbind', 'ro', 'rprivate'],
    });
    expect(tree!.lower).toHaveLength(1);
    expect((await docker.exec(id, 'ls -d /image/bin')).exitCode).toBe(0);
  });

  it('keeps its layers while a container has it', async () => {
    await docker.node.registry.add(['docker.io/library/other:latest'], [new Uint8Array(1024)], { config: { Cmd: ['x'] } });
    await docker.node.pull('other', 'latest');
    const { Id: image } = await docker.client.get<{ Id: string }>('/images/other/json');
    const id = await docker.create('true', { HostConfig: { Mounts: [{ Type: 'image', Source: 'other', Target: '/i' }] } });
    await expect(docker.client.delete('/images/other')).rejects.toThrow(
      `container ${id.slice(0, 12)} is using its referenced image ${image.slice(7, 19)}`,
    );
    await docker.client.delete('/images/other', { query: { force: true } });
    await docker.start(id);
    expect(docker.runtime.launches.at(-1)!.trees![0]!.lower).toHaveLength(1);
  });

  it('by a subpath', async () => {
    await withHost('true', mount({ ImageOptions: { Subpath: 'bin' } }));
    const { config, trees } = docker.runtime.launches.at(-1)!;
    expect(config.mounts.find(({ destination }) => destination === '/image')?.source).toBe(
      `/var/lib/docker/overlay2/${trees![0]!.name}/merged/bin`,
    );
    await expect(withHost('true', mount({ ImageOptions: { Subpath: 'nowhere' } }))).rejects.toMatchObject({
      status: 404,
      message: expect.stringMatching(/^cannot access path .*\/nowhere: lstat .*\/nowhere: no such file or directory$/) as string,
    });
    await expect(docker.create('true', { HostConfig: mount({ ImageOptions: { Subpath: '../x' } }) })).rejects.toThrow(
      'invalid mount config for type "image": subpath must be a relative path within the volume',
    );
  });

  it('and its kin have versions of the API', async () => {
    const create = (version: string, HostConfig: object): Promise<unknown> =>
      new ApiClient(docker.engine.api, version).post('/containers/create', { json: { Image: 'busybox', Cmd: ['true'], HostConfig } });
    await expect(create('1.47', mount())).rejects.toThrow('Mount type "Image" needs API v1.48 or newer');
    await expect(
      create('1.44', { Mounts: [{ Type: 'volume', Source: 'vol', Target: '/x', VolumeOptions: { Subpath: 'a' } }] }),
    ).rejects.toThrow('VolumeOptions.Subpath needs API v1.45 or newer');
    await expect(
      create('1.43', {
        Mounts: [{ Type: 'bind', Source: '/srv', Target: '/x', ReadOnly: true, BindOptions: { ReadOnlyForceRecursive: true } }],
      }),
    ).rejects.toThrow('BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer');
    await create('1.41', { Mounts: [{ Type: 'tmpfs', Target: '/x', VolumeOptions: {} }] });
  });
});

describe('/dev/shm', () => {
  const options = (HostConfig: Partial<HostConfig>): CreateOptions => ({ HostConfig });

  it('is shared with --ipc container, and goes with the one that shares it', async () => {
    const donor = await docker.runDetached(['sleep', '100'], { name: 'donor', ...options({ IpcMode: 'shareable', ShmSize: 1 << 20 }) });
    expect(docker.runtime.mounted.at(-1)).toMatchObject({
      target: `/var/lib/docker/containers/${donor}/mounts/shm`,
      type: 'tmpfs',
      flags: 14,
      data: 'mode=1777,size=1048576',
    });
    const other = await docker.runDetached(['sleep', '100'], options({ IpcMode: 'container:donor' }));
    await docker.exec(donor, 'echo hello > /dev/shm/file');
    expect((await docker.exec(other, 'cat /dev/shm/file')).stdout).toBe('hello\n');
    // Whoever joins may be joined.
    const third = await docker.runDetached(['sleep', '100'], options({ IpcMode: `container:${other}`, ReadonlyRootfs: true }));
    expect((await docker.exec(third, 'cat /dev/shm/file')).stdout).toBe('hello\n');
    await docker.pass(docker.client.post('/containers/donor/kill'));
    await docker.pass(docker.wait('donor'));
    expect(mountedAt()).toEqual([]);
  });

  it('is the node’s with --ipc host, and none with none', async () => {
    const seen = async (IpcMode: string): Promise<unknown> => {
      await withHost('true', { IpcMode });
      return docker.runtime.launches.at(-1)!.config.mounts.find(({ destination }) => destination === '/dev/shm');
    };
    expect(await seen('host')).toEqual({ destination: '/dev/shm', type: 'bind', source: '/dev/shm', options: ['rbind', 'rprivate'] });
    expect(await seen('none')).toBeUndefined();
    expect(await seen('private')).toMatchObject({ type: 'tmpfs' });
  });

  it.each<[string, Partial<HostConfig> | undefined, number, string]>([
    ['run', { IpcMode: 'private' }, 400, 'container <id>: non-shareable IPC (hint: use IpcMode:shareable for the donor container)'],
    [
      'run',
      { IpcMode: 'shareable', Tmpfs: { '/dev/shm': '' } },
      400,
      'container <id>: non-shareable IPC (hint: use IpcMode:shareable for the donor container)',
    ],
    ['create', { IpcMode: 'shareable' }, 409, 'container <id> is not running'],
  ])('of a container that cannot share it: %s %j', async (how, HostConfig, status, message) => {
    const donor = await docker.create(['sleep', '100'], { HostConfig: HostConfig ?? {} });
    if (how === 'run') await docker.start(donor);
    const id = await docker.create('true', options({ IpcMode: `container:${donor}` }));
    await expect(docker.start(id)).rejects.toMatchObject({
      status,
      message: `failed to join IPC namespace: ${message.replace('<id>', donor)}`,
    });
  });
});

describe('docker cp', () => {
  it('mounts what volumes show, meanwhile', async () => {
    await volume('vol', { type: 'none', device: '/srv', o: 'bind' });
    const id = await docker.create('true', { HostConfig: { Binds: ['vol:/x'] } });
    const { chunks } = await docker.client.stream(`/containers/${id}/archive`, { query: { path: '/etc/passwd' } });
    expect(mountedAt()).toEqual(['/var/lib/docker/volumes/vol/_data']);
    for await (const chunk of chunks) void chunk;
    await docker.pass(Promise.resolve());
    expect(mountedAt()).toEqual([]);
    expect(events()).toEqual(['volume create', 'volume mount', 'volume unmount']);
  });
});
