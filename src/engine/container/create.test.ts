import { beforeEach, describe, expect, it } from 'vitest';
import type { CreateContainerResponse, HostConfig } from '../api/types/container.ts';
import { TestDocker, type CreateOptions } from '../testing/test-docker.ts';
import { addBusybox } from '../testing/busybox.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

const host = (HostConfig: Partial<HostConfig>): CreateOptions => ({ HostConfig });

describe('what a container takes from its image', () => {
  beforeEach(async () => {
    await addBusybox(docker.node.registry, ['docker.io/library/app:latest'], {
      Env: ['PATH=/bin', 'A=image', 'B=image'],
      Cmd: ['serve', '--all'],
      Entrypoint: ['/entry'],
      WorkingDir: '/srv',
      User: 'daemon',
      Labels: { a: 'image', b: 'image' },
      ExposedPorts: { '80/tcp': {} },
      Volumes: { '/data': {} },
      StopSignal: 'SIGQUIT',
      Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9, Retries: 2 },
    });
    await docker.node.pull('app', 'latest');
  });

  const inspect = async (json: object): Promise<Awaited<ReturnType<TestDocker['inspect']>>> => {
    const { Id } = await docker.client.post<CreateContainerResponse>('/containers/create', { json: { Image: 'app', ...json } });
    return docker.inspect(Id);
  };

  it('is all that was not said', async () => {
    const { Config, Path, Args, Mounts } = await inspect({});
    expect(Config).toMatchObject({
      Env: ['PATH=/bin', 'A=image', 'B=image'],
      Cmd: ['serve', '--all'],
      Entrypoint: ['/entry'],
      WorkingDir: '/srv',
      User: 'daemon',
      Labels: { a: 'image', b: 'image' },
      ExposedPorts: { '80/tcp': {} },
      Volumes: { '/data': {} },
      StopSignal: 'SIGQUIT',
      Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9, Retries: 2 },
    });
    expect([Path, Args]).toEqual(['/entry', ['serve', '--all']]);
    expect(Mounts).toMatchObject([{ Type: 'volume', Destination: '/data', Driver: 'local', RW: true }]);
  });

  it('gives way to what was said, by name for environment and labels', async () => {
    const { Config } = await inspect({
      Env: ['B=own', 'C=own'],
      Labels: { b: 'own' },
      ExposedPorts: { '81/udp': {} },
      User: '33',
      WorkingDir: '/x/../y/',
      Healthcheck: { Interval: 2e9 },
    });
    expect(Config).toMatchObject({
      Env: ['B=own', 'C=own', 'PATH=/bin', 'A=image'],
      Labels: { a: 'image', b: 'own' },
      ExposedPorts: { '80/tcp': {}, '81/udp': {} },
      User: '33',
      WorkingDir: '/y',
      Healthcheck: { Test: ['CMD', 'true'], Interval: 2e9, Retries: 2 },
    });
  });

  it.each([
    [{ Cmd: ['other'] }, ['/entry', 'other']],
    [{ Entrypoint: ['/mine'] }, ['/mine']],
    [{ Entrypoint: ['/mine'], Cmd: ['x'] }, ['/mine', 'x']],
    [{ Entrypoint: [''], Cmd: ['x'] }, ['x']],
    [{ Entrypoint: [], Cmd: ['x'] }, ['x']],
  ])('is its command unless %j', async (json, command) => {
    const { Path, Args } = await inspect(json);
    expect([Path, ...Args]).toEqual(command);
  });

  it('is no health check when it is turned off', async () => {
    expect((await inspect({ Healthcheck: { Test: ['NONE'] } })).Config.Healthcheck).toMatchObject({ Test: ['NONE'] });
  });
});

describe('a request', () => {
  it.each<[string, CreateOptions, number, string]>([
    ['an unknown image', { Image: 'nosuch' }, 404, 'No such image: nosuch:latest'],
    ['a bad name', { name: 'a/b' }, 400, 'Invalid container name (a/b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed'],
    ['a short name', { name: 'a' }, 400, 'Invalid container name (a), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed'],
    ['a relative directory', { WorkingDir: 'x' }, 400, "the working directory 'x' is invalid, it needs to be an absolute path"],
    ['a bad variable', { Env: ['=x'] }, 400, 'invalid environment variable: =x'],
    ['little memory', host({ Memory: 1024 }), 400, 'Minimum memory limit allowed is 6MB'],
    [
      'swap below memory',
      host({ Memory: 32 << 20, MemorySwap: 16 << 20 }),
      400,
      'Minimum memoryswap limit should be larger than memory limit, see usage',
    ],
    ['swap alone', host({ MemorySwap: 16 << 20 }), 400, 'You should always set the Memory limit when using Memoryswap limit, see usage'],
    ['too many processors', host({ NanoCpus: 2e9 }), 400, 'range of CPUs is from 0.01 to 1.00, as there are only 1 CPUs available'],
    [
      'two kinds of processor limit',
      host({ NanoCpus: 1e9, CpuPeriod: 1000 }),
      400,
      'Conflicting options: Nano CPUs and CPU Period cannot both be set',
    ],
    ['processors that are not there', host({ CpusetCpus: '3' }), 400, 'Requested CPUs are not available - requested 3, available: 0'],
    [
      '--rm with a restart policy',
      host({ AutoRemove: true, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } }),
      400,
      "can't create 'AutoRemove' container with restart policy",
    ],
    [
      'an unknown policy',
      host({ RestartPolicy: { Name: 'x', MaximumRetryCount: 0 } }),
      400,
      "invalid restart policy: unknown policy 'x'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
    ],
    [
      'retries of another policy',
      host({ RestartPolicy: { Name: 'always', MaximumRetryCount: 2 } }),
      400,
      "invalid restart policy: maximum retry count can only be used with 'on-failure'",
    ],
    ['an unknown capability', host({ CapAdd: ['NOPE'] }), 400, 'invalid CapAdd: unknown capability: "CAP_NOPE"'],
    ['an unknown network', host({ NetworkMode: 'nosuch' }), 404, 'failed to set up container networking: network nosuch not found'],
    [
      'an unknown container',
      host({ NetworkMode: 'container:nosuch' }),
      500,
      'joining network namespace of container: No such container: nosuch',
    ],
    [
      'a hostname in another network',
      { Hostname: 'x', ...host({ NetworkMode: 'container:x' }) },
      400,
      'conflicting options: hostname and the network mode',
    ],
    [
      'an unknown log driver',
      host({ LogConfig: { Type: 'nosuch', Config: null } }),
      400,
      "logger: no log driver named 'nosuch' is registered",
    ],
    [
      'an unknown log option',
      host({ LogConfig: { Type: 'json-file', Config: { x: '1' } } }),
      400,
      "unknown log opt 'x' for json-file log driver",
    ],
    ['an unknown runtime', host({ Runtime: 'runsc' }), 400, 'unknown or invalid runtime name: runsc'],
    [
      'a relative mount',
      host({ Binds: ['x:y'] }),
      400,
      "invalid volume specification: 'x:y': invalid mount config for type \"volume\": invalid mount path: 'y' mount path must be absolute",
    ],
    ['a mount twice', host({ Binds: ['/a:/x', '/b:/x'] }), 400, 'Duplicate mount point: /x'],
    ['a bad signal', { StopSignal: 'SIGNOPE' }, 400, 'invalid signal: SIGNOPE'],
    ['a bad score', host({ OomScoreAdj: 1001 }), 400, 'Invalid value 1001, range for oom score adj is [-1000, 1000]'],
    ['a bad PID mode', host({ PidMode: 'x' }), 400, 'invalid PID mode: x'],
    ['a bad security option', host({ SecurityOpt: ['nope=1'] }), 400, 'invalid --security-opt 2: "nope=1"'],
  ])('with %s is refused', async (_, options, status, message) => {
    await expect(docker.create(['true'], options).then((id) => docker.start(id))).rejects.toMatchObject({ status, message });
  });

  it('that was refused leaves nothing', async () => {
    const before = docker.node.storage.paths();
    await docker.create(['true'], { name: 'cc', HostConfig: { Binds: ['/a:/x', '/b:/x'] } }).catch(() => undefined);
    await docker.create(['true'], { name: 'cc', HostConfig: { SecurityOpt: ['nope=1'] } }).catch(() => undefined);
    expect(docker.node.storage.paths()).toEqual(before);
    await docker.create(['true'], { name: 'cc' });
  });

  it('without a command is refused, without a body as well', async () => {
    await addBusybox(docker.node.registry, ['docker.io/library/bare:latest'], {});
    await docker.node.pull('bare', 'latest');
    await expect(docker.create([], { Image: 'bare' })).rejects.toMatchObject({ status: 400, message: 'no command specified' });
    await expect(docker.client.post('/containers/create')).rejects.toMatchObject({ status: 400 });
    await expect(docker.client.post('/containers/create', { json: {} })).rejects.toMatchObject({
      message: 'config cannot be empty in order to create a container',
    });
  });

  it('for what the kernel cannot do is warned about', async () => {
    const { Warnings } = await docker.client.post<CreateContainerResponse>('/containers/create', {
      json: { Image: 'busybox', HostConfig: { OomKillDisable: true, BlkioWeight: 300, MemorySwappiness: 10, CpuPercent: 5 } },
    });
    expect(Warnings).toHaveLength(4);
  });
});

describe('names in requests', () => {
  it('of containers in modes become ids', async () => {
    const other = await docker.create('true', { name: 'other' });
    const id = await docker.create('true', { HostConfig: { NetworkMode: 'container:other', PidMode: 'container:other' } });
    expect((await docker.inspect(id)).HostConfig).toMatchObject({ NetworkMode: `container:${other}`, PidMode: `container:${other}` });
  });
});

describe('documents that leave things out', () => {
  it.each<[object, object]>([
    [{ PortBindings: { '80/tcp': [{ HostPort: '8080' }] } }, { '80/tcp': [{ HostIp: '', HostPort: '8080' }] }],
    [{ PortBindings: { '80/tcp': [null], '81/tcp': null } }, { '80/tcp': [{ HostIp: '', HostPort: '' }], '81/tcp': null }],
    [
      { Devices: [null, { PathOnHost: '/dev/null' }] },
      [
        { PathOnHost: '', PathInContainer: '', CgroupPermissions: '' },
        { PathOnHost: '/dev/null', PathInContainer: '', CgroupPermissions: '' },
      ],
    ],
    [{ Ulimits: [{ Name: 'nofile' }] }, [{ Name: 'nofile', Hard: 0, Soft: 0 }]],
    [{ ConsoleSize: [20] }, [20, 0]],
  ])('are completed as Go does: %j', async (given, complete) => {
    const id = await docker.create('true', { HostConfig: given });
    const [key = ''] = Object.keys(given);
    expect((await docker.inspect(id)).HostConfig).toMatchObject({ [key]: complete });
  });

  it('are refused in words where something is needed', async () => {
    await expect(docker.create('true', { HostConfig: { Mounts: [null as never] } })).rejects.toMatchObject({
      message: 'invalid mount config for type "": field Target must not be empty',
      status: 400,
    });
  });

  it('name no endpoint of another container', async () => {
    await docker.runDetached(['sleep', '100'], { name: 'victim' });
    const { EndpointID } = (await docker.inspect('victim')).NetworkSettings.Networks['bridge'] ?? {};
    await docker.client.post('/networks/create', { json: { Name: 'a' } });
    const EndpointsConfig = { a: {}, bridge: { EndpointID } } as never;
    await docker.create('true', { name: 'thief', HostConfig: { NetworkMode: 'a' }, NetworkingConfig: { EndpointsConfig } });
    await docker.client.delete('/networks/a');
    await expect(docker.start('thief')).rejects.toThrow('network a not found');
    expect(docker.engine.networks.describe()).toContain('victim=172.17.0.2');
  });
});
