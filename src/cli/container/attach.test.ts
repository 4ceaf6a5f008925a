/** `attach`, `start -a` and `exec` where the recordings of Docker have no case. */
import { describe, expect, test } from 'vitest';
import { FakeEnvironment, runDocker } from '../testing.ts';
import { runCli } from '../cli.ts';
import { ScriptedContainer, ScriptedDaemon, type Answer, type Answers } from './scripted-daemon.ts';

interface State {
  Running?: boolean;
  Paused?: boolean;
  Restarting?: boolean;
}

/** What inspecting the container says: running, without a terminal, unless told otherwise. */
function inspected(state: State = {}, config: { Tty?: boolean; OpenStdin?: boolean } = {}, autoRemove = false): Answer {
  const State = { Running: true, Paused: false, Restarting: false, ...state };
  return { json: { Id: 'c0ffee', State, Config: { Tty: false, OpenStdin: false, ...config }, HostConfig: { AutoRemove: autoRemove } } };
}

function daemon(container: ScriptedContainer, more: Answers): ScriptedDaemon {
  return new ScriptedDaemon({ ...container.answers, ...more });
}

const idle = (): ScriptedContainer => new ScriptedContainer(() => ({ status: 204 }));

async function macrotasks(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('docker attach', () => {
  test.each<[State, string]>([
    [{ Running: false }, 'You cannot attach to a stopped container, start it first\n'],
    [{ Paused: true }, 'You cannot attach to a paused container, unpause it first\n'],
    [{ Restarting: true }, 'You cannot attach to a restarting container, wait until it is running\n'],
  ])('%j', async (state, stderr) => {
    const { handler } = daemon(idle(), { 'GET /containers/c0ffee/json': inspected(state) });
    expect(await runDocker(['attach', 'c0ffee'], { handler })).toMatchObject({ status: 1, stdout: '', stderr });
  });

  test('to one that ended in between does not wait for its streams', async () => {
    const answers = [inspected(), inspected({ Running: false })];
    const { handler } = daemon(idle(), { 'GET /containers/c0ffee/json': () => answers.shift()! });
    expect(await runDocker(['attach', 'c0ffee'], { handler })).toMatchObject({
      status: 1,
      stderr: 'You cannot attach to a stopped container, start it first\n',
    });
  });

  test('ends with what the daemon says went wrong', async () => {
    const container = idle();
    const { handler } = daemon(container, {
      'GET /containers/c0ffee/json': inspected(),
      'POST /containers/c0ffee/wait': { json: { StatusCode: 0, Error: { Message: 'removal failed' } } },
    });
    const environment = new FakeEnvironment({ args: ['attach', 'c0ffee'], handler });
    const ended = runCli(environment);
    await macrotasks();
    container.endOutput();
    expect(await ended).toBe(1);
    expect(environment.stderr.text).toBe('removal failed\n');
  });

  test('passes signals on, but not with a terminal', async () => {
    for (const [Tty, killed] of [
      [false, 1],
      [true, 0],
    ] as const) {
      const container = idle();
      const scripted = daemon(container, { 'GET /containers/c0ffee/json': inspected({}, { Tty }) });
      const environment = new FakeEnvironment({ args: ['attach', '--no-stdin', 'c0ffee'], handler: scripted.handler });
      const ended = runCli(environment);
      await macrotasks();
      environment.signal('USR1');
      await macrotasks();
      container.endOutput();
      container.exit(0);
      expect(await ended).toBe(0);
      expect(scripted.asked.filter((line) => line.includes('/kill'))).toHaveLength(killed);
    }
  });

  test('without --no-stdin, a terminal there needs one here', async () => {
    const { handler } = daemon(idle(), { 'GET /containers/c0ffee/json': inspected({}, { Tty: true }) });
    expect(await runDocker(['attach', 'c0ffee'], { handler })).toMatchObject({ status: 1, stderr: 'the input device is not a TTY\n' });
  });
});

describe('docker start -a', () => {
  test('that cannot start, of a container that is removed then', async () => {
    const container = new ScriptedContainer((self) => {
      void macrotasks(3).then(() => self.exit(127));
      return { status: 400, json: { message: 'no such command' } };
    });
    const { handler } = daemon(container, { 'GET /containers/c/json': inspected({ Running: false }, {}, true) });
    expect(await runDocker(['start', '-a', 'c'], { handler })).toMatchObject({
      status: 1,
      stderr: 'Error response from daemon: no such command\n',
    });
  });

  test('left by the detach keys is a success', async () => {
    const { handler } = daemon(idle(), { 'GET /containers/c/json': inspected({}, { Tty: true, OpenStdin: true }) });
    const options = { handler, terminal: { rows: 24, columns: 80 }, stdin: 'ctrl\x10\x11' };
    expect(await runDocker(['start', '-ai', 'c'], options)).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('docker exec', () => {
  /** A daemon whose exec prints and ends with a code. */
  function execDaemon(
    code: number,
    run: (connection: ScriptedContainer) => void = () => {},
  ): { scripted: ScriptedDaemon; process: ScriptedContainer } {
    const process = idle();
    const attach = process.answers['POST /containers/c0ffee/attach'] as Answer;
    const scripted = new ScriptedDaemon({
      'GET /containers/c/json': inspected(),
      'POST /containers/c/exec': { status: 201, json: { Id: 'e1' } },
      'POST /exec/e1/start': () => {
        void macrotasks(5).then(() => run(process));
        return attach;
      },
      'POST /exec/e1/resize': {},
      'GET /exec/e1/json': { json: { ExitCode: code } },
    });
    return { scripted, process };
  }

  test("ends with the command's exit code", async () => {
    const { scripted } = execDaemon(4, (process) => void process.print('out\n').then(() => process.endOutput()));
    expect(await runDocker(['exec', 'c', 'x'], { handler: scripted.handler })).toMatchObject({ status: 4, stdout: 'out\n' });
  });

  test('detach keys of the configuration', async () => {
    const { scripted } = execDaemon(0);
    const options = {
      handler: scripted.handler,
      terminal: { rows: 24, columns: 80 },
      stdin: 'x\x01',
      files: { '/root/.docker/config.json': '{"detachKeys":"ctrl-a"}' },
    };
    expect(await runDocker(['exec', '-it', 'c', 'sh'], options)).toMatchObject({ status: 1, stderr: 'read escape sequence\n' });
    expect(scripted.asked).toContain('POST /exec/e1/resize?h=24&w=80');
  });

  test('an interrupt ends it, with a normal terminal', async () => {
    const { scripted } = execDaemon(0);
    const environment = new FakeEnvironment({ args: ['exec', '-t', 'c', 'sleep', '9'], handler: scripted.handler });
    const ended = runCli(environment);
    await macrotasks();
    environment.signal('TERM');
    expect(await ended).toBe(143);
    expect(environment.stdin.raw).toBe(false);
  });
});
