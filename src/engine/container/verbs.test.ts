/** Verbs that only look at a container, or change its limits: top, stats, update, resize, prune, network, health. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ContainersPruned, ContainerTop, StatsResponse } from '../api/types/container.ts';
import type { NetworkInspect } from '../api/types/network.ts';
import { TestDocker } from '../testing/test-docker.ts';
import { checkPsArgs } from './top.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

const sleeper = ['sleep', '100000'];

describe('top', () => {
  const top = (args?: string): Promise<ContainerTop> => docker.client.get('/containers/c1/top', { query: { ps_args: args } });
  beforeEach(() => docker.runDetached('sleep 99', { name: 'c1' }));

  it('knows no columns that every object has', async () => {
    await expect(top('-o pid,constructor')).rejects.toThrow('ps: error: unknown user-defined format specifier "constructor"');
  });

  it.each<[string | undefined, string[]]>([
    [undefined, ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']],
    ['-ef', ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']],
    ['-o pid,comm', ['PID', 'COMMAND']],
    ['-eo pid,user,args', ['PID', 'USER', 'COMMAND']],
    ['-o pid -o etime=AGE', ['PID', 'AGE']],
    ['aux', ['USER', 'PID', '%CPU', '%MEM', 'VSZ', 'RSS', 'TTY', 'STAT', 'START', 'TIME', 'COMMAND']],
    ['-A', ['PID', 'TTY', 'TIME', 'CMD']],
  ])('ps %s has its columns', async (args, titles) => {
    const { Titles, Processes } = await top(args);
    expect(Titles).toEqual(titles);
    expect(Processes).toHaveLength(2);
    for (const row of Processes) expect(row).toHaveLength(titles.length);
  });

  it('shows commands with their arguments', async () => {
    const { Processes } = await top('-o pid,args');
    expect(Processes?.map(([, command]) => command)).toEqual(['sh -c sleep 99', 'sleep 99']);
  });

  it.each([
    ['-o comm', "Couldn't find PID field in ps output"],
    ['-o nope,pid', 'ps: error: unknown user-defined format specifier "nope"'],
    ['ae -o uid=PID', 'specifying "uid=PID" is not allowed'],
  ])('refuses ps %s', async (args, message) => {
    await expect(top(args)).rejects.toMatchObject({ message });
  });

  // Source: moby daemon/top_unix_test.go, TestContainerTopValidatePSArgs.
  it.each([
    ['ae -O uid=PID', true],
    ['ae -o "uid= PID"', true],
    ['ae -o "uid=\u2003PID"', false],
    ['ae o uid=PID', true],
    ['aeo uid=PID', true],
    ['ae -O uid=PID', true],
    ['ae -o pid=PID2 -o uid=PID', true],
    ['ae -o pid=PID', false],
    ['ae -o pid=PID -o uid=PIDX', true],
    ['aeo pid=PID', false],
    ['ae', false],
    ['', false],
  ])('ps %s: error %s', (args, fails) => {
    const check = expect(() => checkPsArgs(args));
    if (fails) check.toThrow('is not allowed');
    else check.not.toThrow();
  });
});

describe('stats', () => {
  const stats = (query: object): Promise<StatsResponse> =>
    docker.pass(docker.client.get('/containers/c1/stats', { query: query as Record<string, boolean> }));

  it('of one moment, alone or with the moment before', async () => {
    await docker.runDetached(sleeper, { name: 'c1', HostConfig: { Memory: 64 << 20, PidsLimit: 10 } });
    expect(await stats({ stream: false, 'one-shot': true })).toMatchObject({
      name: '/c1',
      preread: '0001-01-01T00:00:00Z',
      memory_stats: { limit: 64 << 20 },
      pids_stats: { current: 1, limit: 10 },
      cpu_stats: { online_cpus: 1 },
    });
    const both = await stats({ stream: false });
    expect(Date.parse(both.read) - Date.parse(both.preread)).toBe(1000);
    expect(both.cpu_stats.system_cpu_usage! - both.precpu_stats.system_cpu_usage!).toBe(1e9);
  });

  it('go on every second, through pauses and stops, until the reader leaves or it is removed', async () => {
    const id = await docker.runDetached(sleeper, { name: 'c1' });
    const samples: StatsResponse[] = [];
    const reading = (async () => {
      for await (const sample of await docker.client.messages<StatsResponse>('/containers/c1/stats')) samples.push(sample);
    })();
    await docker.clock.advance(0);
    await docker.clock.advance(3500);
    expect(samples).toHaveLength(4);
    await docker.pass(docker.client.post(`/containers/${id}/kill`));
    await docker.clock.advance(2000);
    expect(samples.at(-1)).toMatchObject({ read: '0001-01-01T00:00:00Z', pids_stats: {} });
    await docker.client.delete('/containers/c1');
    await docker.pass(reading);
  });

  it('of a container that does not run are empty', async () => {
    await docker.create('true', { name: 'c1' });
    expect(await stats({ stream: false })).toMatchObject({ read: '0001-01-01T00:00:00Z', memory_stats: {} });
  });
});

describe('update', () => {
  const update = (json: object): Promise<{ Warnings: string[] | null }> => docker.client.post('/containers/c1/update', { json });

  it('changes limits at once and for later', async () => {
    await docker.runDetached(sleeper, { name: 'c1', HostConfig: { Memory: 64 << 20 } });
    const asked: unknown[] = [];
    const change = docker.runtime.update.bind(docker.runtime);
    docker.runtime.update = (id, resources) => {
      asked.push(resources);
      return change(id, resources);
    };
    await update({ Memory: 128 << 20, MemorySwap: 256 << 20, CpuShares: 512, PidsLimit: 20 });
    expect(asked).toMatchObject([{ memory: { limit: 128 << 20 }, cpu: { shares: 512 }, pids: { limit: 20 } }]);
    await docker.restartEngine();
    expect((await docker.inspect('c1')).HostConfig).toMatchObject({ Memory: 128 << 20, CpuShares: 512, PidsLimit: 20 });
  });

  it.each([
    [{ Memory: 1024 }, 'Minimum memory limit allowed is 6MB'],
    [{ Memory: 256 << 20 }, 'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time'],
    [{ CpuPeriod: 100_000 }, 'CPU Period cannot be updated as NanoCPUs has already been set'],
  ])('refuses %j', async (json, message) => {
    await docker.create('true', { name: 'c1', HostConfig: { Memory: 64 << 20, NanoCpus: 5e8 } });
    await expect(update(json)).rejects.toMatchObject({ message: expect.stringContaining(message) as string });
    expect((await docker.inspect('c1')).HostConfig).toMatchObject({ Memory: 64 << 20, NanoCpus: 5e8 });
  });
});

describe('prune', () => {
  const prune = (filters: object = {}): Promise<ContainersPruned> =>
    docker.client.post('/containers/prune', { query: { filters: JSON.stringify(filters) } });

  it('removes what does not run, and counts its bytes', async () => {
    await docker.runDetached(sleeper, { name: 'runs' });
    const { id } = await docker.run('echo 12345678 > /f', { name: 'ended' });
    const made = await docker.create('true', { name: 'made' });
    expect(await prune()).toEqual({ ContainersDeleted: [made, id], SpaceReclaimed: 9 });
    expect(await docker.names()).toEqual(['runs']);
    expect(await prune()).toEqual({ ContainersDeleted: null, SpaceReclaimed: 0 });
  });

  it('looks at labels and age', async () => {
    await docker.create('true', { name: 'keep', Labels: { keep: '1' } });
    await docker.create('true', { name: 'old' });
    await docker.clock.advance(3_600_000);
    await docker.create('true', { name: 'new' });
    await prune({ 'label!': ['keep'], until: ['30m'] });
    expect((await docker.names()).sort()).toEqual(['keep', 'new']);
    await prune({ label: ['keep=1'] });
    expect(await docker.names()).toEqual(['new']);
    await expect(prune({ bogus: ['1'] })).rejects.toMatchObject({ status: 400, message: "invalid filter 'bogus'" });
  });
});

describe('resize', () => {
  it('needs numbers and a running container', async () => {
    await docker.runDetached(sleeper, { name: 'c1', Tty: true });
    await docker.client.post('/containers/c1/resize', { query: { h: '50', w: '132' } });
    await expect(docker.client.post('/containers/c1/resize', { query: { h: 'x', w: '1' } })).rejects.toMatchObject({ status: 400 });
    const id = await docker.create('true');
    await expect(docker.client.post(`/containers/${id}/resize`, { query: { h: '5', w: '5' } })).rejects.toMatchObject({
      status: 409,
      message: `container ${id} is not running`,
    });
  });
});

describe('networks', () => {
  const inspect = (name: string): Promise<NetworkInspect> => docker.client.get(`/networks/${name}`);

  it('have those containers on them that run', async () => {
    const id = await docker.runDetached(sleeper, { name: 'c1' });
    const { Containers } = await inspect('bridge');
    expect(Containers).toMatchObject({ [id]: { Name: 'c1', IPv4Address: '172.17.0.2/16' } });
    await docker.pass(docker.client.post('/containers/c1/kill'));
    expect((await inspect('bridge')).Containers).toEqual({});
  });

  it('of their own have names for their containers', async () => {
    await docker.client.post('/networks/create', { json: { Name: 'own', IPAM: { Config: [{ Subnet: '10.1.0.0/24' }] } } });
    const id = await docker.runDetached(sleeper, {
      name: 'c1',
      HostConfig: { NetworkMode: 'own' },
      NetworkingConfig: { EndpointsConfig: { own: { Aliases: ['alias'], IPAMConfig: { IPv4Address: '10.1.0.50' } } as never } },
    });
    const settings = (await docker.inspect(id)).NetworkSettings.Networks['own'];
    expect(settings).toMatchObject({
      IPAddress: '10.1.0.50',
      Gateway: '10.1.0.1',
      IPPrefixLen: 24,
      DNSNames: ['c1', 'alias', id.slice(0, 12)],
    });
    await expect(docker.client.delete('/networks/own')).rejects.toMatchObject({ status: 403 });
  });

  it('are joined and left by a container that does not run', async () => {
    await docker.client.post('/networks/create', { json: { Name: 'own' } });
    await docker.create(sleeper, { name: 'c1' });
    await docker.client.post('/networks/own/connect', { json: { Container: 'c1' } });
    await docker.start('c1');
    expect(Object.keys((await docker.inspect('c1')).NetworkSettings.Networks)).toEqual(['bridge', 'own']);
    expect(docker.runtime.launches.at(-1)?.network).toMatchObject({ kind: 'own', endpoints: [{}, {}] });
    await docker.pass(docker.client.post('/containers/c1/kill'));
    await docker.client.post('/networks/own/disconnect', { json: { Container: 'c1' } });
    await docker.client.delete('/networks/own');
    await docker.start('c1');
    expect(Object.keys((await docker.inspect('c1')).NetworkSettings.Networks)).toEqual(['bridge']);
  });

  it('of another container, the node or none', async () => {
    const first = await docker.runDetached(sleeper, { name: 'c1' });
    for (const NetworkMode of ['container:c1', 'host', 'none']) await docker.runDetached(sleeper, { HostConfig: { NetworkMode } });
    expect(docker.runtime.launches.slice(1).map(({ network }) => network)).toEqual([
      { kind: 'container', containerId: first },
      { kind: 'host' },
      { kind: 'none' },
    ]);
  });

  it('give addresses again that became free', async () => {
    const addresses = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const id = await docker.runDetached(sleeper);
      addresses.add((await docker.inspect(id)).NetworkSettings.IPAddress);
      await docker.pass(docker.client.delete(`/containers/${id}`, { query: { force: true } }));
    }
    expect(Object.keys((await inspect('bridge')).Containers)).toEqual([]);
    expect(addresses.size).toBeLessThanOrEqual(20);
  });
});

describe('health', () => {
  const check = { Test: ['CMD-SHELL', 'test -f /ok'], Interval: 1e9, Retries: 2, Timeout: 2e9 };
  const status = async (): Promise<string | undefined> => (await docker.inspect('c1')).State.Health?.Status;

  it('starts, fails often enough, and comes back', async () => {
    await docker.runDetached('sleep 4; touch /ok; sleep 1000', { name: 'c1', Healthcheck: check });
    expect(await status()).toBe('starting');
    await docker.clock.advance(2500);
    expect(await status()).toBe('unhealthy');
    expect((await docker.inspect('c1')).State.Health).toMatchObject({ FailingStreak: 2, Log: [{ ExitCode: 1 }, { ExitCode: 1 }] });
    await docker.clock.advance(2500);
    expect(await status()).toBe('healthy');
    expect(docker.actions().filter((action) => action.startsWith('health_status'))).toEqual([
      'health_status: unhealthy',
      'health_status: healthy',
    ]);
    expect((await docker.list())[0]?.Status).toBe('Up 5 seconds (healthy)');
  });

  it('that takes too long fails, and is ended', async () => {
    const Test = ['CMD', 'sh', '-c', 'echo slow; sleep 100'];
    await docker.runDetached(sleeper, { name: 'c1', Healthcheck: { ...check, Test, Retries: 1 } });
    await docker.clock.advance(4000);
    expect((await docker.inspect('c1')).State.Health?.Log?.[0]).toMatchObject({
      ExitCode: -1,
      Output: 'Health check exceeded timeout (2s): slow\n',
    });
    await docker.clock.advance(60_000);
    expect(docker.runtime.describe().split(' | ').length).toBeLessThan(5);
  });

  it('does not count failures of the start period', async () => {
    await docker.runDetached(sleeper, { name: 'c1', Healthcheck: { ...check, StartPeriod: 10e9, StartInterval: 1e9 } });
    await docker.clock.advance(9000);
    expect(await status()).toBe('starting');
    await docker.clock.advance(5000);
    expect(await status()).toBe('unhealthy');
  });

  it('is not looked at while paused or stopped', async () => {
    await docker.runDetached(sleeper, { name: 'c1', Healthcheck: check });
    await docker.client.post('/containers/c1/pause');
    await docker.clock.advance(10_000);
    expect(await status()).toBe('starting');
    await docker.client.post('/containers/c1/unpause');
    await docker.pass(docker.client.post('/containers/c1/kill'));
    const events = docker.actions().length;
    await docker.clock.advance(10_000);
    expect(docker.actions()).toHaveLength(events);
  });
});
