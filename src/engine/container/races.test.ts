/** Two commands on one container at the same time, the one slowed down by the runtime. */
import { beforeEach, describe, expect, it } from 'vitest';
import { StartError } from '../runtime/runtime.ts';
import { TestDocker } from '../testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

/** Lets a call of the runtime take a while. */
function slow(method: 'start' | 'removeWritable' | 'writableSizeBytes', ms = 200): void {
  const { runtime } = docker;
  const call = runtime[method].bind(runtime) as (argument: never) => Promise<never>;
  runtime[method] = async (argument: never): Promise<never> => {
    await new Promise<void>((resolve) => docker.clock.after(ms, resolve));
    return call(argument);
  };
}

const begin = (name: string): Promise<void> => docker.client.post(`/containers/${name}/start`);
const remove = (name: string, query = {}): Promise<void> => docker.client.delete(`/containers/${name}`, { query });

describe('removal', () => {
  it('by force ends what is just starting', async () => {
    await docker.create(['sleep', '100'], { name: 'web' });
    slow('start');
    const [started, removed] = [begin('web'), remove('web', { force: true })];
    await docker.pass(Promise.all([started, removed]));
    expect(await docker.names()).toEqual([]);
    expect(docker.runtime.describe()).toBe('no containers running');
  });

  it('without force refuses what was started meanwhile', async () => {
    await docker.create(['sleep', '100'], { name: 'web' });
    slow('start');
    const [started, removed] = [begin('web'), remove('web')];
    await expect(docker.pass(removed)).rejects.toMatchObject({
      message: 'cannot remove container "web": container is running: stop the container before removing or force remove',
      status: 409,
    });
    await docker.pass(started);
    expect(await docker.names()).toEqual(['web']);
  });

  it('by prune spares what was started meanwhile', async () => {
    await docker.create('true', { name: 'other' });
    await docker.create(['sleep', '100'], { name: 'web' });
    slow('writableSizeBytes');
    const pruned = docker.client.post<{ ContainersDeleted: string[] }>('/containers/prune');
    await docker.pass(begin('web'));
    expect((await docker.pass(pruned)).ContainersDeleted).toHaveLength(1);
    expect(await docker.names()).toEqual(['web']);
    expect((await docker.inspect('web')).State.Status).toBe('running');
  });

  it('leaves no name behind that was given meanwhile', async () => {
    await docker.create('true', { name: 'web' });
    slow('removeWritable');
    const [removed, renamed] = [remove('web'), docker.client.post('/containers/web/rename', { query: { name: 'db' } })];
    await expect(docker.pass(renamed)).rejects.toMatchObject({ message: 'No such container: web', status: 404 });
    await docker.pass(removed);
    await docker.create('true', { name: 'db' });
  });

  it('comes by itself when a --rm container cannot be restarted', async () => {
    await docker.runDetached(['sleep', '100'], { name: 'web', HostConfig: { AutoRemove: true } });
    docker.runtime.start = () => Promise.reject(new StartError('other', 'no'));
    await expect(docker.pass(docker.client.post('/containers/web/restart', { query: { t: '0' } }))).rejects.toThrow('no: unknown');
    expect(await docker.names()).toEqual([]);
  });
});

describe('the daemon’s end', () => {
  it('takes along what is just starting, and lets nothing more begin', async () => {
    await docker.create(['sleep', '100'], { name: 'web' });
    await docker.create(['sleep', '100'], { name: 'late' });
    slow('start', 300);
    const started = begin('web');
    await docker.clock.advance(0);
    const ended = docker.engine.shutdown();
    await expect(begin('late')).rejects.toMatchObject({ message: 'the engine is not running', status: 503 });
    await docker.pass(Promise.all([started, ended]));
    expect(docker.runtime.describe()).toBe('no containers running');
  });
});
