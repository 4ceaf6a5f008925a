import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiError } from '../api/client.ts';
import { TestDocker } from '../testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

const post = (path: string, query = {}): Promise<void> => docker.pass(docker.client.post(`/containers/${path}`, { query }));
const remove = (name: string, query = {}): Promise<void> => docker.pass(docker.client.delete(`/containers/${name}`, { query }));
const state = async (name: string): Promise<string> => (await docker.inspect(name)).State.Status;

/** Obeys TERM at once, as first processes do that have a handler. */
const obedient = "trap 'exit 3' TERM; while true; do sleep 1; done";

describe('stop', () => {
  it('gives the process time, then kills it', async () => {
    const id = await docker.runDetached(['sleep', '100']);
    const before = docker.clock.now();
    await post(`${id}/stop`);
    expect(docker.clock.now() - before).toBeGreaterThanOrEqual(10_000);
    expect((await docker.inspect(id)).State).toMatchObject({ Status: 'exited', ExitCode: 137 });
    expect(docker.actions().slice(-4)).toEqual(['kill', 'kill', 'die', 'stop']);
  });

  it.each([
    ['t', { t: '2' }, {}, 2000],
    ["the container's own time", {}, { StopTimeout: 3 }, 3000],
    ['none at all', { t: '0' }, {}, 0],
  ])('waits as long as told: %s', async (_, query, config, ms) => {
    const id = await docker.runDetached(['sleep', '100'], config);
    const before = docker.clock.now();
    await post(`${id}/stop`, query);
    expect(docker.clock.now() - before - ms).toBeLessThan(200);
  });

  it("sends the container's signal, or the one that is asked for", async () => {
    const script = "trap 'exit 1' INT; trap 'exit 2' USR1; while true; do sleep 1; done";
    const id = await docker.runDetached(script, { StopSignal: 'SIGINT' });
    await post(`${id}/stop`);
    expect((await docker.inspect(id)).State.ExitCode).toBe(1);
    await docker.start(id);
    await post(`${id}/stop`, { signal: 'USR1' });
    expect((await docker.inspect(id)).State.ExitCode).toBe(2);
  });

  it('wakes a paused container so that it can end', async () => {
    const id = await docker.runDetached(obedient);
    await post(`${id}/pause`);
    await post(`${id}/stop`);
    expect((await docker.inspect(id)).State).toMatchObject({ Status: 'exited', Paused: false });
  });

  it('ends a container whose image names a signal that does not exist, after a while', async () => {
    const id = await docker.runDetached(obedient);
    docker.engine.containers.resolve(id).config.StopSignal = 'SIGNOPE';
    const before = docker.clock.now();
    await post(`${id}/stop`);
    expect(docker.clock.now() - before - 2000).toBeLessThan(200);
    expect((await docker.inspect(id)).State).toMatchObject({ Status: 'exited', ExitCode: 137 });
  });
});

describe('kill', () => {
  it('ends, and rm removes, a container whose image names a signal that does not exist', async () => {
    for (const end of [(id: string) => post(`${id}/kill`), (id: string) => remove(id, { force: true })]) {
      const id = await docker.runDetached(['sleep', '100'], { name: 'web' });
      docker.engine.containers.resolve(id).config.StopSignal = 'SIGNOPE';
      await end(id);
      expect(docker.runtime.describe()).toBe('no containers running');
      if ((await docker.names()).length > 0) await remove(id);
    }
  });

  it('thaws a paused container by a signal that means the end, though it goes on', async () => {
    const id = await docker.runDetached("trap 'echo term' TERM; while true; do sleep 1; done");
    await post(`${id}/pause`);
    await post(`${id}/kill`, { signal: 'TERM' });
    await docker.clock.advance(2000);
    expect((await docker.inspect(id)).State).toMatchObject({ Status: 'running', Paused: false });
    expect(docker.actions().slice(-3)).toEqual(['pause', 'kill', 'unpause']);
    expect((await docker.logs(id)).stdout).toBe('term\n');
  });

  it('sends any signal by name or number', async () => {
    const id = await docker.runDetached("trap 'echo usr' USR1; while true; do sleep 1; done");
    for (const signal of ['USR1', 'SIGUSR1', 'sigusr1', '10']) await post(`${id}/kill`, { signal });
    await docker.clock.advance(1000);
    expect((await docker.logs(id)).stdout).toBe('usr\nusr\nusr\nusr\n');
    expect(await state(id)).toBe('running');
  });

  it.each([
    ['NOPE', 'invalid signal: NOPE', 400],
    ['0', 'invalid signal: 0', 400],
    ['99', 'the linux daemon does not support signal 99', 400],
  ])('refuses %s', async (signal, message, status) => {
    const id = await docker.runDetached(['sleep', '100']);
    await expect(post(`${id}/kill`, { signal })).rejects.toMatchObject({ status, message: expect.stringContaining(message) as string });
  });
});

describe('restart', () => {
  it('stops and starts, or only starts', async () => {
    const id = await docker.runDetached(obedient);
    const { Pid, StartedAt } = (await docker.inspect(id)).State;
    await docker.clock.advance(1000);
    await post(`${id}/restart`);
    const after = (await docker.inspect(id)).State;
    expect(after).toMatchObject({ Status: 'running', ExitCode: 0 });
    expect(after.Pid).not.toBe(Pid);
    expect(after.StartedAt).not.toBe(StartedAt);
    await post(`${id}/stop`);
    await post(`${id}/restart`);
    expect(await state(id)).toBe('running');
    expect(docker.actions()).toContain('restart');
  });

  it('does not remove what was to be removed at its end', async () => {
    const id = await docker.runDetached(obedient, { HostConfig: { AutoRemove: true } });
    await post(`${id}/restart`);
    expect(await state(id)).toBe('running');
  });
});

describe('rm', () => {
  it('takes files, writable layer, name and anonymous volumes with it', async () => {
    const files = docker.node.storage.paths();
    const id = await docker.runDetached('echo x > /f', { name: 'c1', HostConfig: { Binds: ['/data', 'named:/n'] } });
    await docker.pass(docker.wait(id));
    await remove('c1', { v: true });
    expect(docker.node.storage.paths().filter((path) => !files.includes(path) && !path.startsWith('volumes/'))).toEqual([]);
    expect(await docker.client.get<{ Volumes: { Name: string }[] }>('/volumes')).toMatchObject({ Volumes: [{ Name: 'named' }] });
    expect(await docker.runtime.writableSizeBytes(id)).toBe(0);
    await docker.create('true', { name: 'c1' });
  });

  it('by force of what runs, and several times at once', async () => {
    const id = await docker.runDetached(['sleep', '100']);
    const outcomes = await docker.pass(
      Promise.allSettled([1, 2, 3].map(() => docker.client.delete(`/containers/${id}`, { query: { force: true } }))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    expect(await docker.list({ all: true })).toEqual([]);
    expect(docker.actions().filter((action) => action === 'destroy')).toHaveLength(1);
  });

  it('answers those who wait for it', async () => {
    const id = await docker.runDetached(['sleep', '100']);
    const waiting = [docker.wait(id, 'removed'), docker.wait(id, 'next-exit'), docker.wait(id)];
    await remove(id, { force: true });
    expect(await docker.pass(Promise.all(waiting))).toEqual([{ StatusCode: 137 }, { StatusCode: 137 }, { StatusCode: 137 }]);
  });
});

describe('names', () => {
  it('are found in full, as id and as its beginning', async () => {
    const id = await docker.create('true', { name: 'web' });
    for (const name of ['web', '/web', id, id.slice(0, 12), id.slice(0, 2)]) expect((await docker.inspect(name)).Id).toBe(id);
    await expect(docker.inspect('we')).rejects.toMatchObject({ status: 404, message: 'No such container: we' });
  });

  it('are taken once, given back, and changed', async () => {
    const id = await docker.create('true', { name: 'aa' });
    await expect(docker.create('true', { name: 'aa' })).rejects.toMatchObject({
      status: 409,
      message: `Conflict. The container name "/aa" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
    });
    await post('aa/rename', { name: 'bb' });
    await docker.create('true', { name: 'aa' });
    await expect(post('aa/rename', { name: 'bb' })).rejects.toMatchObject({ status: 409 });
    await expect(post('aa/rename', { name: 'aa' })).rejects.toMatchObject({ status: 400 });
    await expect(post('aa/rename', { name: '' })).rejects.toMatchObject({ status: 400 });
    expect((await docker.names()).sort()).toEqual(['aa', 'bb']);
  });

  it('are made up of two words when nobody gives one', async () => {
    await docker.create('true');
    expect(await docker.names()).toEqual([expect.stringMatching(/^[a-z]+_[a-z]+$/)]);
  });
});

/** What a model of a container says comes of a verb: a status code, or nothing when it depends. */
type Model = 'absent' | 'created' | 'running' | 'paused' | 'exited';

const verbs: Record<string, { run: () => Promise<unknown>; outcome: (before: Model) => [status: number, after: Model] }> = {
  start: {
    run: () => post('cc/start'),
    outcome: (before) =>
      before === 'running'
        ? [304, 'running']
        : before === 'paused'
          ? [409, 'paused']
          : before === 'absent'
            ? [404, before]
            : [204, 'running'],
  },
  stop: {
    run: () => post('cc/stop', { t: '0' }),
    outcome: (before) =>
      before === 'absent' ? [404, before] : before === 'running' || before === 'paused' ? [204, 'exited'] : [304, before],
  },
  kill: {
    run: () => post('cc/kill'),
    outcome: (before) =>
      before === 'absent' ? [404, before] : before === 'running' || before === 'paused' ? [204, 'exited'] : [409, before],
  },
  pause: {
    run: () => post('cc/pause'),
    outcome: (before) => (before === 'absent' ? [404, before] : before === 'running' ? [204, 'paused'] : [409, before]),
  },
  unpause: {
    run: () => post('cc/unpause'),
    outcome: (before) => (before === 'absent' ? [404, before] : before === 'paused' ? [204, 'running'] : [500, before]),
  },
  restart: {
    run: () => post('cc/restart', { t: '0' }),
    outcome: (before) => (before === 'absent' ? [404, before] : [204, 'running']),
  },
  remove: {
    run: () => remove('cc'),
    outcome: (before) =>
      before === 'absent' ? [404, before] : before === 'running' || before === 'paused' ? [409, before] : [204, 'absent'],
  },
  'remove by force': {
    run: () => remove('cc', { force: true }),
    outcome: (before) => (before === 'absent' ? [404, before] : [204, 'absent']),
  },
  create: {
    run: () => docker.create(['sleep', '100000'], { name: 'cc' }),
    outcome: (before) => (before === 'absent' ? [204, 'created'] : [409, before]),
  },
};

describe('any sequence of verbs', () => {
  it('does what a small model says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...Object.keys(verbs)), { maxLength: 12 }), async (names) => {
        let model: Model = 'absent';
        await remove('cc', { force: true }).catch(() => undefined);
        for (const name of ['create', ...names]) {
          const { run, outcome } = verbs[name] as (typeof verbs)[string];
          const [status, after] = outcome(model);
          const got = await run().then(
            () => 204,
            (error: unknown) => (error as ApiError).status,
          );
          // The client does not tell 304 from 204.
          expect([name, model, got]).toEqual([name, model, status === 304 ? 204 : status]);
          model = after;
          expect(await state('cc').catch(() => 'absent')).toBe(model);
        }
      }),
      { numRuns: 60, seed: 4 },
    );
    await remove('cc', { force: true }).catch(() => undefined);
    expect(docker.engine.describe()).not.toContain('attached');
  });
});
