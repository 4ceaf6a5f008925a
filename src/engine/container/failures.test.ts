/** Failures that come from outside of the engine: nothing half-made stays, and containers still come to their end. */
import { beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../errors.ts';
import { TestDocker } from '../testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

/** From now on nothing more fits into /var/lib/docker. */
function fillDisk(): () => void {
  const { storage } = docker.node;
  const { write, append, makeDirectory } = storage;
  const full = (): never => {
    throw new EngineError('system', 'no space left on device');
  };
  Object.assign(storage, { write: full, append: full, makeDirectory: full });
  return () => Object.assign(storage, { write, append, makeDirectory });
}

describe('a full disk', () => {
  it('costs log lines, not the container', async () => {
    const id = await docker.runDetached('echo before; sleep 1; echo lost; sleep 1; exit 3');
    const followed = docker.logs(id, { follow: true });
    const empty = fillDisk();
    await docker.clock.advance(5000);
    expect((await docker.inspect(id)).State).toMatchObject({ Status: 'exited', ExitCode: 3 });
    expect(docker.actions().at(-1)).toBe('die');
    // Who follows a log reads what is in it, as with Docker.
    expect((await followed).stdout).toBe('before\n');
    empty();
    expect((await docker.logs(id)).stdout).toBe('before\n');
  });

  it('does not keep containers from being removed', async () => {
    const id = await docker.runDetached(['sleep', '100']);
    fillDisk();
    await docker.pass(docker.client.delete(`/containers/${id}`, { query: { force: true } }));
    expect(await docker.names()).toEqual([]);
  });

  it('leaves nothing of what could not be made', async () => {
    const paths = docker.node.storage.paths();
    const empty = fillDisk();
    const full = { message: 'no space left on device', status: 500 };
    const volumeFull = (name: string): object => ({
      message: expect.stringMatching(
        new RegExp(
          `^create ${name}: error while creating volume data path '/var/lib/docker/volumes/${name}/_data': mkdir .*no space left on device$`,
        ),
      ) as string,
      status: 500,
    });
    const binding = docker.create('true', { name: 'web', HostConfig: { Binds: ['/anonymous'] } });
    await expect(binding).rejects.toMatchObject(volumeFull('[0-9a-f]{64}'));
    await expect(docker.client.post('/volumes/create', { json: { Name: 'data' } })).rejects.toMatchObject(volumeFull('data'));
    await expect(docker.pass(docker.client.post('/networks/create', { json: { Name: 'net' } }))).rejects.toMatchObject(full);
    empty();
    expect(await docker.names()).toEqual([]);
    expect(docker.engine.volumes.all()).toEqual([]);
    expect([...docker.runtime.networks.devices.keys()]).toEqual(['docker0']);
    expect(docker.node.storage.paths()).toEqual(paths);
    await docker.create('true', { name: 'web' });
  });

  it('is told when a container cannot start for it', async () => {
    const id = await docker.create('true');
    fillDisk();
    await expect(docker.start(id)).rejects.toThrow('no space left on device');
    expect(docker.engine.networks.describe()).not.toContain('=172');
  });
});

describe('log options', () => {
  const withLog = (Config: Record<string, string>): Promise<string> =>
    docker.create('echo x', { name: 'web', Labels: { a: 'b' }, HostConfig: { LogConfig: { Type: 'json-file', Config } } });

  it('that are no pattern keep a container from starting, with nothing left', async () => {
    await withLog({ 'labels-regex': '[' });
    await expect(docker.start('web')).rejects.toMatchObject({
      message: expect.stringMatching(
        /^failed to create task for container: failed to initialize logging driver: error parsing regexp: /,
      ) as string,
      status: 500,
    });
    expect(docker.engine.networks.describe()).not.toContain('=172');
    expect((await docker.inspect('web')).State).toMatchObject({ Status: 'created', ExitCode: 128 });
  });

  it('name labels, not what every object has', async () => {
    await docker.start(await withLog({ labels: 'constructor,a', tag: '{{.constructor}}' }));
    await docker.clock.advance(100);
    expect((await docker.logs('web', { details: true })).stdout).toBe('a=b,tag=%7B%7B.constructor%7D%7D x\n');
  });
});

describe('a create that fails', () => {
  it('takes nameless volumes with it', async () => {
    await expect(docker.create('true', { HostConfig: { Binds: ['/a', '/a'] } })).rejects.toThrow('Duplicate mount point: /a');
    expect(docker.engine.volumes.all()).toEqual([]);
  });
});
