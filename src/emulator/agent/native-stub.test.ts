/** `docker` commands and `dockerd` processes of the guest, with the real agent. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChannelClosed } from './agent-error.ts';
import { AgentClient, type DaemonEvent } from './client.ts';
import * as ops from './ops.ts';
import { exitCode, type SpawnedProcess, type SpawnStdio } from './spawn.ts';
import type { Stub } from './stub.ts';
import { bytesOf, startNativeAgent, textOf, type NativeAgent } from './testing.ts';

const name = `drydock-stub-${process.pid}`;
const node = { node: 1 };
let agent: NativeAgent;
let env: string[];

beforeAll(async () => {
  agent = await startNativeAgent();
  env = [`PATH=${agent.dir}:/usr/sbin:/usr/bin:/sbin:/bin`];
  await agent.client.run({ node: 0 }, ops.newNode(1, name));
});

afterAll(async () => {
  const gone = new Promise((resolve) => agent.client.onNodeGone(resolve));
  await agent.client.run({ node: 0 }, ops.stopNode(1));
  await gone;
  await agent.stop();
});

beforeEach(() => agent.client.onStub((stub) => void stub.exit(99)));

const pipes = { stdin: true, stdout: true, stderr: true };

function sh(script: string, stdio: SpawnStdio = pipes, cwd = '/', more: string[] = [], uid = 0): Promise<SpawnedProcess> {
  return agent.client.spawn(node, { argv: ['sh', '-c', script], env: [...env, ...more], cwd, uid, gid: uid, stdio });
}

async function outputOf(script: string, cwd?: string, uid?: number): Promise<string> {
  return textOf((await sh(script, { stdout: true, stderr: 'stdout' }, cwd, [], uid)).channels.stdout);
}

/** The next stub to be called. */
function nextStub(): Promise<Stub> {
  return new Promise((resolve) => agent.client.onStub(resolve));
}

describe('a docker command', () => {
  test('says what it was given', async () => {
    const next = nextStub();
    const running = await sh('exec docker run -it "a b" ""', pipes, '/tmp', ['NAME=va=lue', 'EMPTY=']);
    const stub = await next;
    expect(stub.hello).toMatchObject({
      node: 1,
      daemon: 0,
      unreachable: 2,
      pid: running.pid,
      uid: 0,
      gid: 0,
      program: 'docker',
      args: ['run', '-it', 'a b', ''],
      cwd: '/tmp',
    });
    expect(stub.hello.env).toMatchObject({ NAME: 'va=lue', EMPTY: '' });
    expect(stub.hello.streams.map(({ isTerminal }) => isTerminal)).toEqual([false, false, false]);
    await stub.exit(5);
    expect(exitCode(await running.exit)).toBe(5);
  });

  test('by its other name', async () => {
    const next = nextStub();
    await sh('exec docker-compose up');
    const stub = await next;
    expect(stub.hello.program).toBe('docker-compose');
    await stub.exit(0);
  });

  test('all output arrives before the code', async () => {
    agent.client.onStub(async (stub) => {
      void stub.stdout.write(new Uint8Array(300_000).fill(120));
      void stub.stderr.write(bytesOf('error'));
      await stub.exit(3);
    });
    const { channels } = await sh(
      'docker 2>/tmp/errors | cat > /tmp/out; wc -c < /tmp/out; cat /tmp/errors; docker > /tmp/out2 2>&1; echo " $?"; wc -c < /tmp/out2',
    );
    expect(await textOf(channels.stdout)).toBe('300000\nerror 3\n300005\n');
  });

  test('reads its input only when the command does', async () => {
    agent.client.onStub(async (stub) => {
      if (stub.hello.args[0] === 'read') for await (const bytes of stub.stdin.read()) await stub.stdout.write(bytes);
      await stub.exit(0);
    });
    expect(await outputOf('printf "1\\n2\\n3\\n" | while read line; do docker ps; echo $line; done')).toBe('1\n2\n3\n');
    expect(
      await outputOf(
        'printf "1\\n2\\n" > /tmp/in; (docker ps; cat) < /tmp/in; docker read < /tmp/in; docker read < /dev/null; printf piped | docker read',
      ),
    ).toBe('1\n2\n1\n2\npiped');
    expect(await outputOf('seq 100000 | docker read | tail -1')).toBe('100000\n');
  });

  test('a file that waits for its content does not hold the agent up', async () => {
    const next = nextStub();
    const running = await sh('exec docker read < /proc/kmsg', 'null');
    const stub = await next;
    const reading = textOf(stub.stdin);
    for (let i = 0; i < 20; i++) await agent.client.ping();
    await running.kill(9);
    await reading;
  });

  test('appends where the shell does', async () => {
    agent.client.onStub(async (stub) => {
      await stub.stdout.write(bytesOf('stub\n'));
      await stub.exit(0);
    });
    expect(await outputOf('(echo a; docker; echo b) > /tmp/appended; docker >> /tmp/appended; cat /tmp/appended')).toBe(
      'a\nstub\nb\nstub\n',
    );
  });

  test('learns that nobody reads its output', async () => {
    const next = nextStub();
    const { exit } = await sh('docker | true', { stdout: true });
    const stub = await next;
    await expect(stub.stdout.write(new Uint8Array(2_000_000))).rejects.toThrow(ChannelClosed);
    await stub.exit(1);
    await exit;
  });

  test('a full disk', async () => {
    const next = nextStub();
    await sh('docker > /dev/full', 'null');
    const stub = await next;
    await stub.stdout.write(bytesOf('x'));
    await expect.poll(() => stub.stdout.outputOpen).toBe(false);
    await expect(stub.stdout.write(bytesOf('y'))).rejects.toMatchObject({ code: 'ENOSPC' });
    await stub.exit(1);
  });

  test('closed streams', async () => {
    const next = nextStub();
    await sh('exec docker <&- >&-', 'null');
    const stub = await next;
    expect(await textOf(stub.stdin)).toBe('');
    await stub.stdout.write(bytesOf('lost'));
    await stub.exit(0);
  });

  test('passes signals on, and tells when it is killed', async () => {
    const next = nextStub();
    const running = await sh('exec docker wait', 'null');
    const stub = await next;
    const signals: number[] = [];
    stub.onSignal((signal) => signals.push(signal));
    for (const signal of [2, 15, 1, 3, 10, 12]) await running.kill(signal);
    await expect.poll(() => signals.sort((a, b) => a - b)).toEqual([1, 2, 3, 10, 12, 15]);
    await running.kill(9);
    await stub.gone;
    expect(exitCode(await running.exit)).toBe(137);
    await stub.exit(0);
  });

  test('its files are those that it sees, with its rights', async () => {
    const dir = join(agent.dir, 'work');
    mkdirSync(dir);
    writeFileSync(join(dir, 'env'), 'A=1');
    writeFileSync(join(dir, 'secret'), 'x', { mode: 0o600 });
    const next = nextStub();
    await sh('mount -t tmpfs tmpfs /mnt && echo inner > /mnt/file && exec docker', 'null', dir);
    const stub = await next;
    const where = { stub: stub.id };
    const [env, file] = await agent.client.batch(where, [
      ops.readFile('env', 100),
      ops.readFile('/mnt/file', 100),
      ops.writeFile('cid', 0o644, 'id'),
    ]);
    expect([env, file]).toEqual([bytesOf('A=1'), bytesOf('inner\n')]);
    expect(readFileSync(join(dir, 'cid'), 'utf8')).toBe('id');
    await stub.exit(0);

    const other = nextStub();
    await sh('exec docker', 'null', dir, [], 1234);
    const limited = await other;
    expect(limited.hello).toMatchObject({ uid: 1234, gid: 1234 });
    const [readable, secret] = await agent.client.batch({ stub: limited.id }, [
      ops.readFile('env', 100),
      ops.mayFail(ops.readFile('secret', 100)),
    ]);
    expect([readable, secret]).toEqual([bytesOf('A=1'), undefined]);
    await expect(agent.client.run({ stub: limited.id }, ops.writeFile('/etc/drydock-test', 0o644, 'x'))).rejects.toMatchObject({
      code: 'EACCES',
    });
    await limited.exit(0);
    expect(await outputOf('id -u')).toBe('0\n');
  });

  test('many at once', async () => {
    agent.client.onStub(async (stub) => {
      await stub.stdout.write(bytesOf(`${stub.hello.args[0]}\n`));
      await stub.exit(0);
    });
    const output = await outputOf('for i in $(seq 40); do docker $i & done; wait');
    expect(
      output
        .trim()
        .split('\n')
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  test('ends with one line when a restored engine does not know it', async () => {
    const next = nextStub();
    const { id } = await sh('docker run; echo "status $?"', { stdout: true, stderr: true });
    await next;
    agent.client = AgentClient.restore(agent.link, structuredClone(agent.client.save()));
    const { channels, exit } = agent.client.process(id)!;
    const { nodes } = await agent.client.resync();
    expect(nodes).toEqual([{ id: 1, pid: expect.any(Number) as number, name }]);
    expect(await textOf(channels.stderr)).toBe(
      'docker: the command was interrupted because the machine was restored or the engine went away\n',
    );
    expect(await textOf(channels.stdout)).toBe('status 1\n');
    expect(await exit).toBe(0);
  });
});

describe('on a terminal', () => {
  const size = { rows: 24, columns: 80 };
  let shell: SpawnedProcess;
  let screen: AsyncIterator<Uint8Array>;
  let seen = '';

  const type = (text: string): Promise<void> => shell.channels.terminal!.write(bytesOf(text));
  async function until(marker: string): Promise<string> {
    while (!seen.includes(marker)) {
      const { value, done } = await screen.next();
      if (done) throw new Error(`ended after ${JSON.stringify(seen)}`);
      seen += new TextDecoder().decode(value);
    }
    const at = seen.indexOf(marker) + marker.length;
    const before = seen.slice(0, at);
    seen = seen.slice(at);
    return before;
  }

  beforeAll(async () => {
    shell = await agent.client.spawn(node, { argv: ['bash', '--norc', '--noediting', '-i'], env: [...env, 'PS1=$ '], stdio: size });
    screen = shell.channels.terminal!.read();
    await until('$ ');
  });

  afterAll(() => shell.channels.terminal!.abort());

  test('knows its size and follows it', async () => {
    const next = nextStub();
    await type('docker\r');
    const stub = await next;
    expect(stub.hello.streams.map(({ isTerminal }) => isTerminal)).toEqual([true, true, true]);
    expect(stub.size).toEqual(size);
    const signalled = new Promise<number>((resolve) => stub.onSignal(resolve));
    shell.channels.terminal!.resize(50, 132);
    expect(await signalled).toBe(28);
    expect(stub.size).toEqual({ rows: 50, columns: 132 });
    await stub.exit(0);
    await until('$ ');
  });

  test('raw mode: keys as they come, and put back however it ends', async () => {
    for (const end of ['exit', 'kill'] as const) {
      const next = nextStub();
      await type('docker run -it\r');
      const stub = await next;
      stub.setRaw(true);
      const input = stub.stdin.read();
      await agent.client.ping();
      await type('\x03\x1a\r');
      let keys = '';
      while (keys.length < 3) keys += new TextDecoder().decode((await input.next()).value as Uint8Array);
      expect(keys).toBe('\x03\x1a\r');
      await stub.stdout.write(bytesOf('no carriage\nreturn'));
      expect(await until('return')).toContain('no carriage\nreturn');
      if (end === 'exit') await stub.exit(0);
      else await agent.client.run(node, ops.kill(await innerPid('docker'), 9));
      await stub.gone;
      await until('$ ');
      await type('stty -a | grep -owE "icanon|isig"; echo done\r');
      expect(await until('\ndone')).toMatch(/\nisig\r\nicanon\r/);
      await until('$ ');
    }
  });

  test('Ctrl-C is a signal', async () => {
    const next = nextStub();
    await type('docker run\r');
    const stub = await next;
    const signalled = new Promise<number>((resolve) => stub.onSignal(resolve));
    await type('\x03');
    expect(await signalled).toBe(2);
    await stub.exit(130);
    await until('$ ');
    await type('echo "was $?"\r');
    await until('was 130');
    await until('$ ');
  });

  test('Ctrl-Z stops it, the shell has the keyboard, and fg gives it back', async () => {
    const next = nextStub();
    await type('docker run -i\r');
    const stub = await next;
    const input = stub.stdin.read();
    const first = input.next();
    await type('one\r');
    expect(new TextDecoder().decode((await first).value as Uint8Array)).toBe('one\n');
    const second = input.next();
    await type('\x1a');
    await until('Stopped');
    await until('$ ');
    await type('echo for the shell\r');
    await until('\nfor the shell');
    await until('$ ');
    await type('fg\r');
    await until('docker run -i\r\n');
    await type('two\r');
    expect(new TextDecoder().decode((await second).value as Uint8Array)).toBe('two\n');
    await stub.exit(0);
    await until('$ ');
  });

  test('in the background it stops when it wants to read', async () => {
    const next = nextStub();
    await type('docker run -i &\r');
    const stub = await next;
    await until('$ ');
    const first = stub.stdin.read().next();
    await type('sleep 0.2\r');
    await until('Stopped');
    await until('$ ');
    await type('fg\r');
    await until('docker run -i\r\n');
    await type('now\r');
    expect(new TextDecoder().decode((await first).value as Uint8Array)).toBe('now\n');
    await stub.exit(0);
    await until('$ ');
  });

  test('/dev/tty as input', async () => {
    const next = nextStub();
    await type('docker run -i < /dev/tty\r');
    const stub = await next;
    const first = stub.stdin.read().next();
    await type('typed\r');
    expect(new TextDecoder().decode((await first).value as Uint8Array)).toBe('typed\n');
    await stub.exit(0);
    await until('$ ');
  });
});

describe('a daemon', () => {
  const socket = '/var/run/docker.sock';
  let events: [number, DaemonEvent][];
  let daemon: SpawnedProcess;
  let log: AsyncIterator<Uint8Array>;
  let logged = '';

  async function untilLogged(marker: string): Promise<void> {
    while (!logged.includes(marker)) {
      const { value, done } = await log.next();
      if (done) throw new Error(`ended after ${logged}`);
      logged += new TextDecoder().decode(value);
    }
  }

  async function startDaemon(): Promise<void> {
    events = [];
    logged = '';
    agent.client.onDaemon((of, event) => {
      events.push([of, event]);
      if (event === 'up') agent.client.daemonReady(of);
    });
    daemon = await sh('exec dockerd -H unix:///var/run/docker.sock');
    log = daemon.channels.stderr!.read();
    await untilLogged('API listen on /var/run/docker.sock');
    expect(events).toEqual([[1, 'up']]);
  }

  test('says why its engine cannot start, and leaves nothing', async () => {
    agent.client.onDaemon((of, event) => {
      if (event === 'up') agent.client.daemonFailed(of, 'failed to start daemon: there is no reason');
    });
    expect(await outputOf('dockerd; echo status $?; ls /var/run')).toMatch(
      /^time=[^\n]* msg="Starting up"\nfailed to start daemon: there is no reason\nstatus 1\n(?!.*docker)/s,
    );
  });

  test('prints the version of the package that is installed; here there is none', async () => {
    expect(await outputOf('dockerd --version')).toBe('Docker version unknown, build drydock\n');
  });

  test('life: up, commands and connections, stopped in order', async () => {
    await startDaemon();
    expect(logged).toMatch(/^time="20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z" level=info msg="Starting up"\n/);
    const [pid, stat] = await agent.client.batch(node, [ops.readFile('/var/run/docker.pid', 20), ops.stat(socket)]);
    expect(Number(new TextDecoder().decode(pid))).toBe(daemon.nodePid);
    expect(stat).toMatchObject({ type: 'socket', mode: 0o660 });

    const next = nextStub();
    const running = await sh('exec docker ps', 'null');
    const stub = await next;
    expect(stub.hello).toMatchObject({ node: 1, daemon: 1, unreachable: 0 });
    expect(await agent.client.run({ stub: stub.id }, ops.daemonAt(socket))).toBe(1);
    await expect(agent.client.run({ stub: stub.id }, ops.daemonAt('/no/such'))).rejects.toMatchObject({ code: 'ENOENT' });
    // Somebody else's socket, which is dialled with the stub's rights.
    const other = await agent.client.listen(1, { kind: 'unix', path: '/tmp/other.sock' });
    expect(await agent.client.run({ stub: stub.id }, ops.daemonAt('/tmp/other.sock'))).toBeUndefined();
    (await agent.client.dial({ stub: stub.id }, { kind: 'unix', path: '/tmp/other.sock' })).abort();
    await expect(agent.client.dial({ stub: stub.id }, { kind: 'unix', path: '/no/such' })).rejects.toMatchObject({ code: 'ENOENT' });
    other.close();
    await stub.exit(0);
    await running.exit;

    const accepted = new Promise<string>((resolve) =>
      agent.client.onConnection(({ channel, node: of, listener, uid }) => {
        expect([of, listener, uid]).toEqual([1, 0, 0]);
        void (async () => {
          const { value } = await channel.read().next();
          await channel.write(bytesOf('HTTP/1.1 200 OK'));
          channel.end();
          resolve(new TextDecoder().decode(value as Uint8Array));
        })();
      }),
    );
    const client = await agent.client.dial(1, { kind: 'unix', path: socket });
    await client.write(bytesOf('GET /_ping'));
    expect(await accepted).toBe('GET /_ping');
    expect(await textOf(client)).toBe('HTTP/1.1 200 OK');
    client.end();

    await daemon.kill(1);
    await expect.poll(() => events.at(-1)).toEqual([1, 'reload']);
    await untilLogged('reloading from: /etc/docker/daemon.json');
    events.pop();
    agent.client.daemonLog(1, 'a line of the engine');
    await untilLogged('level=info msg="a line of the engine"');
    expect(await outputOf('dockerd')).toBe(
      `failed to start daemon, ensure docker is not running or delete /var/run/docker.pid: process with PID ${daemon.nodePid} is still running\n`,
    );

    await daemon.kill(15);
    await expect
      .poll(() => events)
      .toEqual([
        [1, 'up'],
        [1, 'stopping'],
      ]);
    agent.client.daemonStopped(1);
    expect(await daemon.exit).toBe(0);
    await expect.poll(() => events.at(-1)).toEqual([1, 'gone']);
    await expect(agent.client.run(node, ops.stat(socket))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(agent.client.run(node, ops.stat('/var/run/docker.pid'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('killed: its socket answers nobody, and it can be started again', async () => {
    await startDaemon();
    await daemon.kill(9);
    await expect.poll(() => events.at(-1)).toEqual([1, 'gone']);
    const next = nextStub();
    await sh('exec docker ps', 'null');
    const stub = await next;
    expect(stub.hello).toMatchObject({ daemon: 0, unreachable: 111 });
    await stub.exit(1);
    await startDaemon();
    await daemon.kill(9);
    await expect.poll(() => events.at(-1)).toEqual([1, 'gone']);
  });

  test('connections that say nothing do not keep others out', async () => {
    await startDaemon();
    const silent = [];
    for (let i = 0; i < 150; i++) silent.push(await agent.client.dial(1, { kind: 'unix', path: socket }));
    const next = nextStub();
    await sh('exec docker ps', 'null');
    await (await next).exit(0);
    for (const channel of silent) channel.abort();
    await daemon.kill(9);
    await expect.poll(() => events.at(-1)).toEqual([1, 'gone']);
  });

  test('others may not connect', async () => {
    await startDaemon();
    const next = nextStub();
    await sh('exec docker ps', 'null', '/', [], 1234);
    const stub = await next;
    expect(stub.hello).toMatchObject({ daemon: 0, unreachable: 13, uid: 1234 });
    await stub.exit(1);
    await daemon.kill(9);
    await expect.poll(() => events.at(-1)).toEqual([1, 'gone']);
  });
});

/** Process id, as the node counts, of the one process with this name. */
async function innerPid(program: string): Promise<number> {
  const found = await agent.client.run(node, ops.processes('/sys/fs/cgroup/init'));
  return found.find(({ commandLine }) => commandLine.split('\0')[0] === program)!.pid;
}
