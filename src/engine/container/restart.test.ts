import { beforeEach, describe, expect, it } from 'vitest';
import type { HostConfig } from '../api/types/container.ts';
import { defaultDaemonConfig } from '../daemon-config.ts';
import { TestDocker } from '../testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

const policy = (Name: string, MaximumRetryCount = 0): { HostConfig: Partial<HostConfig> } => ({
  HostConfig: { RestartPolicy: { Name, MaximumRetryCount } },
});
const starts = (): number => docker.actions().filter((action) => action === 'start').length;
const post = (path: string, query = {}): Promise<void> => docker.pass(docker.client.post(`/containers/${path}`, { query }));

describe('a restart policy', () => {
  it('waits longer each time, from 100 ms', async () => {
    const id = await docker.runDetached('exit 1', policy('always'));
    const times: number[] = [];
    for (let seen = starts(); times.length < 5; await docker.clock.advance(10)) {
      if (starts() > seen) times.push(docker.clock.now());
      seen = starts();
    }
    const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
    for (const [i, expected] of [200, 400, 800, 1600].entries()) expect(gaps[i]).toBeCloseTo(expected, -2);
    expect(await docker.inspect(id)).toMatchObject({ RestartCount: 6, State: { ExitCode: 1 } });
  });

  it('shows as restarting in between, and can be stopped then', async () => {
    const id = await docker.runDetached('exit 4', policy('always'));
    await docker.clock.advance(1000);
    expect((await docker.inspect(id)).State).toMatchObject({ Status: 'restarting', Running: true, Restarting: true, ExitCode: 4 });
    expect((await docker.list())[0]?.Status).toMatch(/^Restarting \(4\) /);
    await post(`${id}/stop`);
    await docker.clock.advance(60_000);
    expect((await docker.inspect(id)).State).toMatchObject({ Status: 'exited', Running: false, Restarting: false });
  });

  it('on failure counts, and lets success be', async () => {
    const failing = await docker.runDetached('exit 1', policy('on-failure', 3));
    const well = await docker.runDetached('true', policy('on-failure', 3));
    await docker.clock.advance(30_000);
    expect(await docker.inspect(failing)).toMatchObject({ RestartCount: 3, State: { Status: 'exited' } });
    expect(await docker.inspect(well)).toMatchObject({ RestartCount: 0, State: { Status: 'exited' } });
  });

  it('begins anew after ten good seconds', async () => {
    const id = await docker.runDetached('sleep 11; exit 1', policy('always'));
    await docker.clock.advance(11_050);
    expect((await docker.inspect(id)).State.Status).toBe('restarting');
    await docker.clock.advance(100);
    expect((await docker.inspect(id)).State.Status).toBe('running');
  });

  it('does not bring back what somebody stopped or killed', async () => {
    const stopped = await docker.runDetached(['sleep', '100'], policy('always'));
    const killed = await docker.runDetached(['sleep', '100'], policy('unless-stopped'));
    await post(`${stopped}/stop`, { t: '0' });
    await post(`${killed}/kill`);
    await docker.clock.advance(5000);
    expect((await docker.inspect(stopped)).State.Status).toBe('exited');
    expect((await docker.inspect(killed)).State.Status).toBe('exited');
  });

  it('can be changed while it runs', async () => {
    const id = await docker.runDetached('sleep 2; exit 1', policy('no'));
    await docker.client.post(`/containers/${id}/update`, { json: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 1 } } });
    await docker.clock.advance(20_000);
    expect(await docker.inspect(id)).toMatchObject({ RestartCount: 1, State: { Status: 'exited' } });
  });

  it('keeps an attached client of the first run, and no longer', async () => {
    const id = await docker.create('echo again; exit 1', policy('always'));
    const attached = await docker.attach(id);
    await docker.start(id);
    expect(await docker.pass(attached.output)).toMatchObject({ stdout: 'again\n' });
    await post(`${id}/stop`);
  });
});

describe('a daemon that starts again', () => {
  it('brings back what its policy wants', async () => {
    const sleeper = ['sleep', '1000'];
    await docker.runDetached(sleeper, { name: 'plain' });
    await docker.runDetached(sleeper, { name: 'always', ...policy('always') });
    await docker.runDetached(sleeper, { name: 'unless', ...policy('unless-stopped') });
    await docker.runDetached(sleeper, { name: 'always-stopped', ...policy('always') });
    await docker.runDetached(sleeper, { name: 'unless-stopped', ...policy('unless-stopped') });
    await docker.create(sleeper, { name: 'never-started', ...policy('always') });
    await post('always-stopped/stop', { t: '0' });
    await post('unless-stopped/stop', { t: '0' });
    await docker.restartEngine();
    expect((await docker.names({}, {})).sort()).toEqual(['always', 'always-stopped', 'unless']);
    expect((await docker.inspect('plain')).State).toMatchObject({ Status: 'exited', ExitCode: 137 });
  });

  it('knows everything about its containers', async () => {
    await docker.run('echo kept; exit 5', {
      name: 'done',
      Labels: { a: 'b' },
      Env: ['X=y'],
      HostConfig: { Binds: ['vol:/data'], Memory: 64 << 20, CapAdd: ['NET_ADMIN'] },
      NetworkingConfig: { EndpointsConfig: {} },
    });
    const before = await docker.inspect('done');
    const listed = await docker.list({ all: true });
    await docker.restartEngine();
    expect(await docker.inspect('done')).toEqual(before);
    expect(await docker.list({ all: true })).toEqual(listed);
    expect(await docker.logs('done')).toMatchObject({ stdout: 'kept\n' });
    await expect(docker.client.delete('/volumes/vol')).rejects.toMatchObject({ status: 409 });
  });

  it('survives damaged records: the other containers are there', async () => {
    const bad = await docker.create('true', { name: 'bad' });
    await docker.create('true', { name: 'good' });
    docker.node.storage.write(`containers/${bad}/config.v2.json`, new TextEncoder().encode('{'));
    await docker.restartEngine();
    expect(await docker.names()).toEqual(['good']);
  });
});

describe('a session that goes on', () => {
  it('has its containers running, with their output and end', async () => {
    const id = await docker.runDetached('sleep 5; echo later; sleep 5; exit 3', { name: 'runs' });
    await docker.resumeEngine();
    expect((await docker.inspect('runs')).State.Status).toBe('running');
    const attached = await docker.attach('runs');
    expect(await docker.pass(docker.wait('runs'))).toEqual({ StatusCode: 3 });
    expect(await docker.pass(attached.output)).toEqual({ stdout: 'later\n', stderr: '' });
    expect((await docker.logs(id)).stdout).toBe('later\n');
  });

  it('keeps the beginning of a line that has not ended', async () => {
    const id = await docker.runDetached('printf begun; sleep 5; echo -ended');
    await docker.clock.advance(1000);
    await docker.resumeEngine();
    await docker.pass(docker.wait(id));
    expect((await docker.logs(id)).stdout).toBe('begun-ended\n');
  });

  it('waits for restarts as long as they still take', async () => {
    const id = await docker.runDetached('exit 1', policy('always'));
    await docker.clock.advance(3200);
    expect((await docker.inspect(id)).State.Status).toBe('restarting');
    const count = (await docker.inspect(id)).RestartCount;
    await docker.resumeEngine();
    expect((await docker.inspect(id)).State.Status).toBe('restarting');
    await docker.clock.advance(6400);
    expect((await docker.inspect(id)).RestartCount).toBe(count + 1);
  });

  it('keeps addresses, so that nobody else gets them', async () => {
    const first = await docker.runDetached(['sleep', '1000']);
    await docker.resumeEngine();
    const second = await docker.runDetached(['sleep', '1000']);
    const address = async (id: string): Promise<string> => (await docker.inspect(id)).NetworkSettings.IPAddress;
    expect([await address(first), await address(second)]).toEqual(['172.17.0.2', '172.17.0.3']);
  });
});

describe('live-restore', () => {
  const away = async (): Promise<void> => {
    await docker.restartEngine({ liveRestore: true });
  };

  it('leaves what runs alone, and lets nobody in meanwhile', async () => {
    await away();
    const id = await docker.runDetached('echo before; sleep 3; echo after; sleep 100', { name: 'c1' });
    await docker.pass(docker.engine.shutdown());
    await expect(docker.client.get('/containers/json')).rejects.toMatchObject({ status: 503 });
    await docker.clock.advance(5000);
    await docker.pass(docker.engine.start({ ...defaultDaemonConfig, liveRestore: true }));
    expect(await docker.inspect(id)).toMatchObject({ RestartCount: 0, State: { Running: true } });
    expect((await docker.logs('c1')).stdout).toBe('before\nafter\n');
    expect(docker.actions().filter((action) => action === 'die')).toEqual([]);
  });

  it('starts again what ended while the daemon was away, by its policy', async () => {
    await away();
    await docker.runDetached('sleep 3; exit 1', { name: 'again', ...policy('always') });
    await docker.runDetached('sleep 3', { name: 'ended' });
    await docker.pass(docker.engine.shutdown());
    await docker.clock.advance(5000);
    await docker.pass(docker.engine.start({ ...defaultDaemonConfig, liveRestore: true }));
    expect(await docker.names({ status: ['running'] })).toEqual(['again']);
    expect((await docker.inspect('ended')).State).toMatchObject({ Status: 'exited', ExitCode: 0 });
  });
});

it('what the daemon decides for containers that leave it open counts at their start', async () => {
  await docker.restartEngine({
    init: true,
    noNewPrivileges: true,
    defaultUlimits: [{ Name: 'nofile', Soft: 32, Hard: 64 }],
    logDriver: 'local',
  });
  const id = await docker.runDetached('sleep 100', { HostConfig: { Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }] } });
  await docker.runDetached('sleep 100', { HostConfig: { Init: false } });
  const [open, said] = docker.runtime.launches.slice(-2).map(({ config }) => config.process);
  expect(open).toMatchObject({
    noNewPrivileges: true,
    rlimits: [
      { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
      { type: 'RLIMIT_NOFILE', soft: 32, hard: 64 },
    ],
  });
  expect([open?.args[0], said?.args[0]]).toEqual(['/sbin/docker-init', 'sh']);
  expect((await docker.inspect(id)).HostConfig).toMatchObject({ SecurityOpt: null, LogConfig: { Type: 'local' } });
  expect((await docker.inspect(id)).HostConfig.Init).toBeUndefined();
});
