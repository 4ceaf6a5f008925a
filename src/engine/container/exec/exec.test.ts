import { beforeEach, describe, expect, it } from 'vitest';
import type { ExecInspect } from '../../api/types/exec.ts';
import { readOutput, TestDocker } from '../../testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
  await docker.runDetached(['sleep', '1000'], { name: 'c1', Env: ['A=container'], WorkingDir: '/tmp' });
});

const create = async (json: object, container = 'c1'): Promise<string> =>
  (await docker.client.post<{ Id: string }>(`/containers/${container}/exec`, { json })).Id;
const inspect = (id: string): Promise<ExecInspect> => docker.client.get(`/exec/${id}/json`);
const write = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('exec', () => {
  it('runs in the container with its environment, directory and user', async () => {
    expect(await docker.exec('c1', 'echo $A; pwd; id -u')).toEqual({ stdout: 'container\n/tmp\n0\n', stderr: '', exitCode: 0 });
    expect(await docker.exec('c1', 'echo $A; pwd; id', { Env: ['A=own'], WorkingDir: '/etc', User: 'daemon' })).toMatchObject({
      stdout: 'own\n/etc\nuid=1(daemon) gid=1(daemon) groups=1(daemon)\n',
    });
    expect(await docker.exec('c1', 'echo e >&2; exit 9')).toEqual({ stdout: '', stderr: 'e\n', exitCode: 9 });
  });

  it('shares files with the container', async () => {
    await docker.exec('c1', 'echo data > /f');
    expect(await docker.exec('c1', 'cat /f')).toMatchObject({ stdout: 'data\n' });
  });

  it('reads its input to the end', async () => {
    const id = await create({ AttachStdin: true, AttachStdout: true, Cmd: ['cat'] });
    const { connection, contentType } = await docker.client.hijack(`/exec/${id}/start`, { json: {} });
    await connection.write(write('typed'));
    await connection.closeWrite();
    expect((await docker.pass(readOutput(connection.input, contentType))).stdout).toBe('typed');
  });

  it('has a terminal of the size that was asked for', async () => {
    const id = await create({ AttachStdout: true, Tty: true, Cmd: ['sh', '-c', 'sleep 1; echo done'] });
    const { connection, contentType } = await docker.client.hijack(`/exec/${id}/start`, { json: { Tty: true, ConsoleSize: [30, 100] } });
    await docker.clock.advance(10);
    await docker.client.post(`/exec/${id}/resize`, { query: { h: '40', w: '120' } });
    expect(contentType).toBe('application/vnd.docker.raw-stream');
    expect((await docker.pass(readOutput(connection.input, contentType))).stdout).toBe('done\r\n');
  });

  it('takes a size that comes before it runs, and waits no longer than Docker', async () => {
    const id = await create({ AttachStdout: true, Tty: true, Cmd: ['sh', '-c', 'sleep 1; stty size'] });
    const resized = docker.client.post(`/exec/${id}/resize`, { query: { h: '40', w: '120' } });
    const { connection, contentType } = await docker.client.hijack(`/exec/${id}/start`, { json: { Tty: true } });
    await docker.pass(resized);
    await docker.pass(readOutput(connection.input, contentType));
    const never = await create({ AttachStdout: true, Tty: true, Cmd: ['true'] });
    const refused = docker.pass(docker.client.post(`/exec/${never}/resize`, { query: { h: '40', w: '120' } }));
    await expect(refused).rejects.toMatchObject({ status: 500, message: 'timeout waiting for exec session ready' });
  });

  it('detached answers once it runs', async () => {
    const id = await create({ Cmd: ['sh', '-c', 'sleep 5; exit 2'] });
    expect(await inspect(id)).toMatchObject({ Running: false, ExitCode: null });
    await docker.client.post(`/exec/${id}/start`, { json: { Detach: true } });
    expect(await inspect(id)).toMatchObject({ Running: true, ExitCode: null });
    expect((await docker.inspect('c1')).ExecIDs).toEqual([id]);
    await docker.clock.advance(6000);
    expect(await inspect(id)).toMatchObject({ Running: false, ExitCode: 2 });
    expect((await docker.inspect('c1')).ExecIDs).toBeNull();
  });

  it('leaves by the detach keys, and the process goes on', async () => {
    const id = await create({ AttachStdin: true, AttachStdout: true, Tty: true, DetachKeys: 'ctrl-a', Cmd: ['cat'] });
    const { connection, contentType } = await docker.client.hijack(`/exec/${id}/start`, { json: { Tty: true } });
    await docker.clock.advance(10);
    await connection.write(write('\x01'));
    await docker.pass(readOutput(connection.input, contentType));
    expect(await inspect(id)).toMatchObject({ Running: true });
    expect(docker.actions()).toContain('exec_detach');
  });

  it.each([
    ['nosuch', 127, 'exec: "nosuch": executable file not found in $PATH: unknown'],
    ['/etc/passwd', 126, 'exec: "/etc/passwd": permission denied: unknown'],
  ])('of %s says why, with its exit code', async (command, exitCode, why) => {
    const { stdout, exitCode: got } = await docker.exec('c1', [command]);
    expect(stdout).toBe(`OCI runtime exec failed: exec failed: unable to start container process: ${why}\r\n`);
    expect(got).toBe(exitCode);
    const id = await create({ Cmd: [command] });
    await expect(docker.client.post(`/exec/${id}/start`, { json: { Detach: true } })).rejects.toMatchObject({ status: 400 });
  });

  it('runs once', async () => {
    const id = await create({ Cmd: ['true'] });
    await docker.client.post(`/exec/${id}/start`, { json: { Detach: true } });
    await docker.clock.advance(100);
    await expect(docker.client.post(`/exec/${id}/start`, { json: { Detach: true } })).rejects.toMatchObject({
      status: 409,
      message: `exec command ${id} has already run`,
    });
  });

  it('needs a command, a running container, a user that exists and an exec', async () => {
    await expect(create({ Cmd: [] })).rejects.toMatchObject({ status: 400, message: 'No exec command specified' });
    await expect(create({ Cmd: ['id'], User: 'nobodyx' })).rejects.toMatchObject({
      message: 'unable to find user nobodyx: no matching entries in passwd file',
    });
    const stopped = await docker.create('true', { name: 'c2' });
    await expect(create({ Cmd: ['true'] }, 'c2')).rejects.toMatchObject({ status: 409, message: `container ${stopped} is not running` });
    await docker.client.post('/containers/c1/pause');
    await expect(create({ Cmd: ['true'] })).rejects.toMatchObject({ status: 409 });
    await expect(inspect('nosuch')).rejects.toMatchObject({ status: 404, message: 'No such exec instance: nosuch' });
    await expect(docker.client.post('/exec/nosuch/start', { json: {} })).rejects.toMatchObject({ status: 404 });
  });

  it('ends with its container', async () => {
    const id = await create({ AttachStdout: true, Cmd: ['sleep', '1000'] });
    const { connection, contentType } = await docker.client.hijack(`/exec/${id}/start`, { json: {} });
    await docker.clock.advance(10);
    await docker.pass(docker.client.post('/containers/c1/kill'));
    await docker.pass(readOutput(connection.input, contentType));
    expect(await inspect(id)).toMatchObject({ Running: false, ExitCode: 137 });
  });

  it('asks the runtime for the capabilities of the container, or for all', async () => {
    const seen: (number | undefined)[] = [];
    const exec = docker.runtime.exec.bind(docker.runtime);
    docker.runtime.exec = (id, launch) => {
      seen.push(launch.process.capabilities?.bounding.length);
      return exec(id, launch);
    };
    await docker.exec('c1', 'true');
    await docker.exec('c1', 'true', { Privileged: true });
    expect(seen).toEqual([14, 41]);
  });

  it('is told in events', async () => {
    await docker.exec('c1', ['true', 'x']);
    expect(docker.actions().slice(-3)).toEqual(['exec_create: true x', 'exec_start: true x', 'exec_die']);
  });

  it('that runs already does not show itself to a second client', async () => {
    const id = await create({ AttachStdout: true, Cmd: ['sh', '-c', 'sleep 1; echo done'] });
    const first = await docker.client.hijack(`/exec/${id}/start`, { json: {} });
    await docker.clock.advance(10);
    const second = await docker.client.hijack(`/exec/${id}/start`, { json: {} });
    expect((await docker.pass(readOutput(second.connection.input, second.contentType))).stdout).toBe(
      `exec command ${id} is already running\r\n`,
    );
    expect((await docker.pass(readOutput(first.connection.input, first.contentType))).stdout).toBe('done\n');
  });
});
