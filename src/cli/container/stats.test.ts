import { describe, expect, test } from 'vitest';
import { Channel } from '#engine/channel.ts';
import { FakeEnvironment, runDocker } from '../testing.ts';
import { runCli } from '../cli.ts';
import { ScriptedDaemon, type Answer } from './scripted-daemon.ts';

const id = (letter: string): string => letter.repeat(64);
const line = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);

function sample(name: string, pids: number): object {
  const cpu = { cpu_usage: { total_usage: 0 } };
  return {
    name: `/${name}`,
    id: id(name),
    pids_stats: { current: pids },
    blkio_stats: {},
    cpu_stats: cpu,
    precpu_stats: cpu,
    memory_stats: {},
  };
}

const streamOf = (chunks: AsyncIterable<Uint8Array>): Answer => ({ body: { kind: 'stream', chunks } });

async function macrotasks(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('docker stats', () => {
  test('follows what starts and ends until interrupted', async () => {
    const events = new Channel<Uint8Array>();
    const samples = { a: new Channel<Uint8Array>(), b: new Channel<Uint8Array>() };
    const { handler } = new ScriptedDaemon({
      'GET /events': streamOf(events),
      'GET /containers/json': { json: [{ Id: id('a') }] },
      'GET /containers/aaaaaaaaaaaa/stats': streamOf(samples.a),
      'GET /containers/bbbbbbbbbbbb/stats': streamOf(samples.b),
    });
    const environment = new FakeEnvironment({ args: ['stats', '--format', '{{.Name}} {{.PIDs}}'], handler });
    const shown = async (): Promise<string[]> => {
      environment.stdout.text = '';
      await environment.clock.advance(500);
      await macrotasks();
      return environment.stdout.text.split('\x1b[H')[1]!.split('\n').slice(0, -1);
    };
    const ended = runCli(environment);
    await macrotasks();
    expect(environment.stdout.text).toBe('');

    samples.a.push(line(sample('a', 1)));
    await macrotasks();
    expect(environment.stdout.text).toBe('\x1b[Ha 1\n\x1b[Ha 1 \x1b[K\n \x1b[K\n\x1b[J');

    events.push(line({ Action: 'start', Actor: { ID: id('b') } }));
    samples.b.push(line(sample('b', 2)));
    await macrotasks();
    expect(await shown()).toEqual(['a 1', 'b 2']);

    events.push(line({ Action: 'die', Actor: { ID: id('a') } }));
    samples.b.push(line(sample('b', 3)));
    await macrotasks();
    expect(await shown()).toEqual(['b 3']);

    // No news for two seconds: not known any more.
    for (let tick = 0; tick < 4; tick++) await shown();
    expect(await shown()).toEqual(['b --']);

    environment.signal('INT');
    expect(await ended).toBe(130);
  });

  test('names that are not there', async () => {
    const { handler } = new ScriptedDaemon({ 'GET /containers/a/stats': { json: sample('a', 1) } });
    expect(await runDocker(['stats', '--no-stream', 'a', 'x'], { handler })).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'Error response from daemon: No such container: x\n',
    });
  });

  test('--all asks for those that do not run, --no-trunc shows whole ids', async () => {
    const daemon = new ScriptedDaemon({
      'GET /containers/json': { json: [{ Id: 'a'.repeat(64), Names: ['/a'] }] },
      'GET /containers/aaaaaaaaaaaa/stats': { json: sample('a', 1) },
      'GET /events': { body: { kind: 'bytes', bytes: new Uint8Array() } },
    });
    const { stdout } = await runDocker(['stats', '--no-stream', '--all', '--no-trunc', '--format', '{{.ID}} {{.Name}}'], {
      handler: daemon.handler,
    });
    expect(stdout).toBe(`${'a'.repeat(64)} a\n`);
    expect(daemon.asked).toContain('GET /containers/json?all=1');
  });

  test('the table', async () => {
    const { handler } = new ScriptedDaemon({ 'GET /containers/a/stats': { json: sample('a', 1) } });
    expect((await runDocker(['stats', '--no-stream', 'a', 'a'], { handler })).stdout).toBe(
      'CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT   MEM %     NET I/O   BLOCK I/O   PIDS\naaaaaaaaaaaa   a         0.00%     0B / 0B             0.00%     0B / 0B   0B / 0B     1\n',
    );
  });
});
