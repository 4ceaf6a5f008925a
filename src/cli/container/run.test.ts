import { describe, expect, test } from 'vitest';
import { EngineError } from '#engine/errors.ts';
import { FakeEnvironment, runDocker } from '../testing.ts';
import { runCli } from '../cli.ts';
import { ScriptedContainer, ScriptedDaemon, type Answer } from './scripted-daemon.ts';

/** A container that prints and ends as soon as it is started. */
function echo(text: string, code = 0): ScriptedContainer {
  return new ScriptedContainer((container) => {
    void container.print(text).then(() => {
      container.endOutput();
      container.exit(code);
    });
    return { status: 204 };
  });
}

const refused = (message: string, status = 400): Answer => ({ status, json: { message } });

async function macrotasks(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('docker run', () => {
  test('attaches and waits before it starts', async () => {
    const daemon = new ScriptedDaemon(echo('hi\n').answers);
    expect(await runDocker(['run', 'busybox', 'echo', 'hi'], { handler: daemon.handler })).toMatchObject({
      status: 0,
      stdout: 'hi\n',
      stderr: '',
    });
    expect(daemon.asked).toEqual([
      'POST /containers/create',
      'POST /containers/c0ffee/attach?stderr=1&stdout=1&stream=1',
      'POST /containers/c0ffee/wait?condition=next-exit',
      'POST /containers/c0ffee/start',
    ]);
  });

  test("ends with the container's exit code", async () => {
    const { handler } = new ScriptedDaemon(echo('', 7).answers);
    expect(await runDocker(['run', 'busybox'], { handler })).toMatchObject({ status: 7, stderr: '' });
  });

  test('with --rm, ends when the container is gone', async () => {
    const daemon = new ScriptedDaemon(echo('').answers);
    await runDocker(['run', '--rm', 'busybox'], { handler: daemon.handler });
    expect(daemon.asked).toContain('POST /containers/c0ffee/wait?condition=removed');
  });

  test('an attach that the daemon refuses is told by its status', async () => {
    const answers = { ...echo('').answers, 'POST /containers/c0ffee/attach': { status: 400, json: { message: 'Invalid detach keys' } } };
    const { handler } = new ScriptedDaemon(answers);
    const refusal = { status: 1, stderr: 'unable to upgrade to tcp, received 400\n' };
    expect(await runDocker(['run', 'busybox'], { handler })).toMatchObject(refusal);
  });

  test.each([
    [[], 1, 'write /dev/stdout: broken pipe\n'],
    [['--sig-proxy=false'], 141, ''],
  ])('into a closed pipe, with %j', async (flags, status, stderr) => {
    const { handler } = new ScriptedDaemon(echo('text').answers);
    const environment = new FakeEnvironment({ args: ['run', ...flags, 'busybox'], handler });
    environment.stdout.write = () => Promise.reject(new EngineError('cancelled', 'broken pipe'));
    expect(await runCli(environment)).toBe(status);
    expect(environment.stderr.text).toBe(stderr);
  });

  test('prints the id when detached, and leaves nothing open', async () => {
    const container = new ScriptedContainer(() => ({ status: 204 }));
    const daemon = new ScriptedDaemon(container.answers);
    expect(await runDocker(['run', '-d', 'busybox'], { handler: daemon.handler })).toMatchObject({ status: 0, stdout: 'c0ffee\n' });
    expect(daemon.asked.map((line) => line.split('?')[0])).toEqual([
      'POST /containers/create',
      'POST /containers/c0ffee/wait',
      'POST /containers/c0ffee/start',
    ]);
  });

  test.each([
    ['exec: "nosuch": executable file not found in $PATH', 127],
    ['exec: "/x": stat /x: no such file or directory', 127],
    ['exec: "/etc/passwd": permission denied', 126],
    ['exec: "/etc": is a directory', 126],
    ['driver failed', 125],
  ])('a command that cannot start: %s', async (message, status) => {
    const { handler } = new ScriptedDaemon(new ScriptedContainer(() => refused(message)).answers);
    expect(await runDocker(['run', 'busybox', 'x'], { handler })).toMatchObject({
      status,
      stdout: '',
      stderr: `docker: Error response from daemon: ${message}\n\nRun 'docker run --help' for more information\n`,
    });
  });

  test('detached and cannot start: the id, then the error', async () => {
    const { handler } = new ScriptedDaemon(new ScriptedContainer(() => refused('nope')).answers);
    expect(await runDocker(['run', '-d', 'busybox'], { handler })).toMatchObject({ status: 125, stdout: 'c0ffee\n' });
  });

  test('with --rm and cannot start: waits until the container is gone', async () => {
    const container = new ScriptedContainer((self) => {
      void macrotasks(3).then(() => self.exit(127));
      return refused('nope');
    });
    const { handler } = new ScriptedDaemon(container.answers);
    expect(await runDocker(['run', '--rm', 'busybox'], { handler })).toMatchObject({ status: 125 });
  });

  test('output that comes after the end is still printed', async () => {
    const container = new ScriptedContainer((self) => {
      self.exit(0);
      void macrotasks(5).then(async () => {
        await self.print('late\n');
        self.endOutput();
      });
      return { status: 204 };
    });
    const { handler } = new ScriptedDaemon(container.answers);
    expect(await runDocker(['run', 'busybox'], { handler })).toMatchObject({ status: 0, stdout: 'late\n' });
  });

  test('with only standard input attached, the end of the container is the end', async () => {
    const container = new ScriptedContainer((self) => {
      self.exit(3);
      return { status: 204 };
    });
    const { handler } = new ScriptedDaemon(container.answers);
    const environment = new FakeEnvironment({ args: ['run', '-i', '-a', 'stdin', 'busybox'], handler });
    environment.stdin.chunks = () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) });
    expect(await runCli(environment)).toBe(3);
  });

  test('standard input reaches the process', async () => {
    const container: ScriptedContainer = new ScriptedContainer((self) => {
      void macrotasks().then(async () => {
        await self.print(self.received);
        self.endOutput();
        self.exit(0);
      });
      return { status: 204 };
    });
    const { handler } = new ScriptedDaemon(container.answers);
    expect(await runDocker(['run', '-i', 'busybox', 'cat'], { handler, stdin: 'from a file\n' })).toMatchObject({
      status: 0,
      stdout: 'from a file\n',
    });
    expect(container.inputEnded).toBe(true);
  });

  test('what the daemon warns of', async () => {
    const { answers } = echo('');
    answers['POST /containers/create'] = { status: 201, json: { Id: 'c0ffee', Warnings: ['one', 'two'] } };
    const { handler } = new ScriptedDaemon(answers);
    const { stderr } = await runDocker(['run', '--dns', '127.0.0.11', 'busybox'], { handler });
    expect(stderr).toBe('WARNING: one\nWARNING: two\nWARNING: Localhost DNS (127.0.0.11) may fail in containers.\n');
  });
});

describe('with a terminal', () => {
  const terminal = { rows: 30, columns: 100 };

  test('is raw while the container runs, and told its size', async () => {
    const raw: boolean[] = [];
    const container = new ScriptedContainer((self) => {
      void macrotasks().then(async () => {
        await self.printRaw('/ # ');
        self.endOutput();
        self.exit(0);
      });
      return { status: 204 };
    });
    const daemon = new ScriptedDaemon(container.answers);
    const environment = new FakeEnvironment({ args: ['run', '-it', 'busybox', 'sh'], handler: daemon.handler, terminal });
    environment.stdin.setRaw = async (on) => void raw.push(on);
    expect(await runCli(environment)).toBe(0);
    expect(environment.stdout.text).toBe('/ # ');
    expect(raw).toEqual([true, false]);
    expect(daemon.asked).toContain('POST /containers/c0ffee/resize?h=30&w=100');
  });

  test('is normal again before an error is printed', async () => {
    const order: string[] = [];
    const { handler } = new ScriptedDaemon(new ScriptedContainer(() => refused('nope')).answers);
    const environment = new FakeEnvironment({ args: ['run', '-it', 'busybox', 'sh'], handler, terminal });
    environment.stdin.setRaw = async (on) => void order.push(on ? 'raw' : 'normal');
    environment.stderr.write = async () => void order.push('error');
    expect(await runCli(environment)).toBe(125);
    expect(order).toEqual(['raw', 'normal', 'error']);
  });

  test('the detach keys leave the container running, with success', async () => {
    const container = new ScriptedContainer(() => ({ status: 204 }));
    const { handler } = new ScriptedDaemon(container.answers);
    expect(await runDocker(['run', '-it', 'busybox', 'sh'], { handler, terminal, stdin: 'x\x10\x11' })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(container.received).toBe('x');
  });

  test('a terminal in the container needs one here', async () => {
    const daemon = new ScriptedDaemon({});
    expect(await runDocker(['run', '-it', 'busybox'], { handler: daemon.handler })).toMatchObject({
      status: 1,
      stderr: 'the input device is not a TTY\n',
    });
    expect(daemon.asked).toEqual([]);
  });
});

describe('signals', () => {
  /** Runs with a container that never ends by itself, and gives the signals. */
  async function signalled(
    args: string[],
    signals: string[],
    ends: boolean,
  ): Promise<{ status: number; killed: string[]; stderr: string }> {
    const container = new ScriptedContainer(() => ({ status: 204 }));
    const daemon = new ScriptedDaemon(container.answers);
    const environment = new FakeEnvironment({ args, handler: daemon.handler });
    const ended = runCli(environment);
    await macrotasks();
    for (const signal of signals) environment.signal(signal);
    await macrotasks();
    if (ends) {
      container.endOutput();
      container.exit(143);
    }
    const status = await ended;
    return { status, killed: daemon.asked.filter((line) => line.includes('/kill')), stderr: environment.stderr.text };
  }

  test('go to the process, and the container decides when to end', async () => {
    expect(await signalled(['run', 'busybox'], ['TERM', 'USR1', 'CHLD'], true)).toEqual({
      status: 143,
      killed: ['POST /containers/c0ffee/kill?signal=TERM', 'POST /containers/c0ffee/kill?signal=USR1'],
      stderr: '',
    });
  });

  test('stay here without --sig-proxy', async () => {
    expect(await signalled(['run', '--sig-proxy=false', 'busybox'], ['TERM'], true)).toMatchObject({ status: 143, killed: [] });
  });

  test('three end the command', async () => {
    expect(await signalled(['run', 'busybox'], ['INT', 'INT', 'INT'], false)).toMatchObject({
      status: 1,
      stderr: '\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n',
    });
  });

  test('one ends a command that only asks', async () => {
    const daemon = new ScriptedDaemon({ 'POST /containers/a/wait': () => new Promise<Answer>(() => {}) });
    const environment = new FakeEnvironment({ args: ['wait', 'a'], handler: daemon.handler });
    const ended = runCli(environment);
    await macrotasks();
    environment.signal('INT');
    expect(await ended).toBe(130);
    expect(environment.stderr.text).toBe('');
  });
});

describe('--cidfile', () => {
  test('holds the id', async () => {
    const { handler } = new ScriptedDaemon(echo('').answers);
    const { environment } = await runDocker(['run', '--cidfile', 'cid', 'busybox'], { handler });
    expect(new TextDecoder().decode(await environment.files.read('/root/cid'))).toBe('c0ffee');
  });

  test('is not overwritten', async () => {
    const { handler } = new ScriptedDaemon(echo('').answers);
    expect(await runDocker(['create', '--cidfile', 'cid', 'busybox'], { handler, files: { '/root/cid': 'other' } })).toMatchObject({
      status: 1,
      stderr: "container ID file found, make sure the other container isn't running or delete cid\n",
    });
  });

  test('is gone when nothing was made', async () => {
    const { handler } = new ScriptedDaemon({ 'POST /containers/create': refused('no', 500) });
    const { environment, status } = await runDocker(['run', '--cidfile', 'cid', 'busybox'], { handler });
    expect(status).toBe(125);
    await expect(environment.files.stat('/root/cid')).rejects.toThrow('no such file');
  });
});

describe('a missing image', () => {
  /** A daemon that has the image once it was asked to get it. */
  function daemon(): ScriptedDaemon {
    let pulled = false;
    const { answers } = echo('hi\n');
    const created = answers['POST /containers/create'] as Answer;
    answers['POST /containers/create'] = () => (pulled ? created : refused('No such image: busybox:latest', 404));
    answers['POST /images/create'] = () => {
      pulled = true;
      return { json: { status: 'Pulling from library/busybox', id: 'latest' } };
    };
    return new ScriptedDaemon(answers);
  }

  test('is pulled, and what that prints is not output', async () => {
    const { handler, asked } = daemon();
    expect(await runDocker(['run', 'busybox'], { handler })).toMatchObject({
      status: 0,
      stdout: 'hi\n',
      stderr: "Unable to find image 'busybox:latest' locally\nlatest: Pulling from library/busybox\n",
    });
    expect(asked.slice(0, 3)).toEqual([
      'POST /containers/create',
      'POST /images/create?fromImage=docker.io/library/busybox&tag=latest',
      'POST /containers/create',
    ]);
  });

  test('quietly', async () => {
    const { handler } = daemon();
    expect(await runDocker(['run', '--quiet', 'busybox'], { handler })).toMatchObject({ status: 0, stderr: '' });
  });

  test('not with --pull never', async () => {
    const { handler } = daemon();
    expect(await runDocker(['run', '--pull', 'never', 'busybox'], { handler })).toMatchObject({
      status: 125,
      stderr: "docker: Error response from daemon: No such image: busybox:latest\n\nRun 'docker run --help' for more information\n",
    });
  });

  test('first of all with --pull always', async () => {
    const { handler, asked } = daemon();
    await runDocker(['create', '--pull', 'always', '--platform', 'linux/386', 'busybox'], { handler });
    expect(asked).toEqual([
      'POST /images/create?fromImage=docker.io/library/busybox&platform=linux/386&tag=latest',
      'POST /containers/create?platform=linux/386',
    ]);
  });
});
