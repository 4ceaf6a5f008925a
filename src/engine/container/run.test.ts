import { beforeEach, describe, expect, it } from 'vitest';
import { readOutput, TestDocker } from '../testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

const write = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a run', () => {
  it('gives what was printed and the exit code', async () => {
    expect(await docker.run('echo out; echo err >&2; exit 7')).toMatchObject({ stdout: 'out\n', stderr: 'err\n', exitCode: 7 });
  });

  it('reads its input to the end', async () => {
    const id = await docker.create(['cat'], { OpenStdin: true, StdinOnce: true });
    const attached = await docker.attach(id);
    await attached.connection.write(write('before the start\n'));
    await docker.start(id);
    await attached.connection.write(write('after\n'));
    await attached.connection.closeWrite();
    expect(await docker.pass(attached.output)).toEqual({ stdout: 'before the start\nafter\n', stderr: '' });
    expect((await docker.inspect(id)).State).toMatchObject({ Status: 'exited', ExitCode: 0 });
  });

  it('with a terminal gives one stream as it is', async () => {
    expect(await docker.run('echo out; echo err >&2', { Tty: true })).toMatchObject({ stdout: 'out\r\nerr\r\n', stderr: '' });
  });

  it('that was killed ends with 128 and the signal', async () => {
    const id = await docker.runDetached('sleep 100');
    await docker.pass(docker.client.post(`/containers/${id}/kill`));
    expect((await docker.inspect(id)).State).toMatchObject({ ExitCode: 137, OOMKilled: false, Error: '' });
  });

  it('beyond its memory is killed, and says so', async () => {
    const { id, exitCode } = await docker.run('tail /dev/zero', { HostConfig: { Memory: 8 << 20 } });
    expect(exitCode).toBe(137);
    expect((await docker.inspect(id)).State.OOMKilled).toBe(true);
    expect(docker.actions()).toContain('oom');
  });

  it.each([
    ['nosuch', 127, 'exec: "nosuch": executable file not found in $PATH'],
    ['/nosuch', 127, 'exec: "/nosuch": stat /nosuch: no such file or directory'],
    ['/etc/passwd', 126, 'exec: "/etc/passwd": permission denied'],
    ['/etc', 126, 'exec: "/etc": is a directory'],
  ])('of %s cannot start', async (file, exitCode, why) => {
    const id = await docker.create([file]);
    const message = `failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${why}: unknown`;
    await expect(docker.start(id)).rejects.toMatchObject({ status: 400, message: expect.stringContaining(message) as string });
    const { State } = await docker.inspect(id);
    expect(State).toMatchObject({ Status: 'created', ExitCode: exitCode, Running: false, Pid: 0 });
    expect(State.Error).toContain(message);
  });

  it('as a user that is not in the image cannot start', async () => {
    const id = await docker.create('id', { User: 'nobodyx' });
    await expect(docker.start(id)).rejects.toMatchObject({ message: 'unable to find user nobodyx: no matching entries in passwd file' });
  });

  it('by --rm leaves nothing, whether it ran or could not start', async () => {
    const before = docker.node.storage.paths();
    const { id } = await docker.run('true', { HostConfig: { AutoRemove: true } });
    await docker.pass(docker.wait(id, 'removed').catch(() => undefined));
    const failing = await docker.create(['nosuch'], { HostConfig: { AutoRemove: true } });
    const removed = docker.wait(failing, 'removed');
    await expect(docker.start(failing)).rejects.toMatchObject({ status: 400 });
    expect(await docker.pass(removed)).toEqual({ StatusCode: 127 });
    expect(await docker.list({ all: true })).toEqual([]);
    expect(docker.node.storage.paths()).toEqual(before);
    expect(docker.actions().filter((action) => action === 'destroy')).toHaveLength(2);
  });

  it('asks the runtime once', async () => {
    let calls = 0;
    const { runtime } = docker;
    const counted = new Proxy(runtime, {
      get(target, key: keyof typeof runtime) {
        const value = target[key] as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          calls++;
          return (value as (...args: unknown[]) => unknown).apply(target, args);
        };
      },
    });
    docker.node.ports.runtime = counted;
    await docker.restartEngine();
    calls = 0;
    await docker.run('true');
    expect(calls).toBe(1);
  });
});

describe('attached clients', () => {
  it('all get the output; one that leaves does not end the others', async () => {
    const id = await docker.create('echo one; sleep 1; echo two');
    const [first, second, third] = [await docker.attach(id), await docker.attach(id), await docker.attach(id, { stdout: false })];
    await docker.start(id);
    await docker.clock.advance(500);
    second.close();
    expect(await docker.pass(first.output)).toEqual({ stdout: 'one\ntwo\n', stderr: '' });
    expect(await docker.pass(second.output)).toEqual({ stdout: 'one\n', stderr: '' });
    expect(await docker.pass(third.output)).toEqual({ stdout: '', stderr: '' });
  });

  it('get what was printed before when they ask', async () => {
    const id = await docker.runDetached('echo past; sleep 1; echo future');
    await docker.clock.advance(500);
    const both = await docker.attach(id, { logs: true });
    const past = await docker.attach(id, { logs: true, stream: false });
    expect(await docker.pass(past.output)).toEqual({ stdout: 'past\n', stderr: '' });
    expect(await docker.pass(both.output)).toEqual({ stdout: 'past\nfuture\n', stderr: '' });
  });

  it('that leave while they are told the past do not hold up the process', async () => {
    const id = await docker.runDetached('while true; do echo line; sleep 1; done');
    await docker.clock.advance(100_000);
    const query = { logs: true, stream: true, stdout: true };
    const { close } = await docker.client.hijack(`/containers/${id}/attach`, { query });
    await docker.clock.advance(0);
    close();
    await docker.clock.advance(100_000);
    expect((await docker.logs(id)).stdout.split('\n').length).toBeGreaterThan(200);
    expect(docker.engine.containers.describe()).not.toContain('attached');
  });

  it('detach by the keys and leave the process alone', async () => {
    const id = await docker.runDetached(['cat'], { Tty: true, OpenStdin: true });
    const usual = await docker.attach(id);
    await usual.connection.write(write('a\n'));
    await docker.clock.advance(10);
    await usual.connection.write(write('\x10\x11'));
    expect((await docker.pass(usual.output)).stdout).toBe('a\r\na\r\n');
    const own = await docker.attach(id, { detachKeys: 'ctrl-x,q' });
    await own.connection.write(write('\x10\x11\x18q'));
    await docker.pass(own.output);
    expect((await docker.inspect(id)).State.Running).toBe(true);
    expect(docker.actions().filter((action) => action === 'detach')).toHaveLength(2);
  });

  it('that do not read make the process wait, and get everything', async () => {
    const thousand = Array.from({ length: 1000 }, (_, i) => `${i + 1}\n`).join('');
    const id = await docker.create('i=0; while [ $i -lt 30 ]; do seq 1000; i=$((i+1)); done');
    const attached = await docker.client.hijack(`/containers/${id}/attach`, { query: { stream: true, stdout: true, stderr: true } });
    await docker.start(id);
    await docker.clock.advance(10_000);
    expect((await docker.inspect(id)).State.Running).toBe(true);
    expect((await docker.pass(readOutput(attached.connection.input, attached.contentType))).stdout).toBe(thousand.repeat(30));
    expect((await docker.logs(id)).stdout).toBe(thousand.repeat(30));
  });

  it('cannot be, with keys that do not exist', async () => {
    const id = await docker.create('true');
    await expect(docker.attach(id, { detachKeys: 'ctrl-,' })).rejects.toMatchObject({
      status: 400,
      message: 'Invalid detach keys (ctrl-,) provided',
    });
  });
});
