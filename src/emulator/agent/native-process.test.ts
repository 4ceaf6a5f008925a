/** Processes, pipes and terminals, with the real agent. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AgentError, ChannelClosed } from './agent-error.ts';
import { mkdir, processes } from './ops.ts';
import { exitCode, type SpawnStdio, type SpawnedProcess } from './spawn.ts';
import { bytesOf, startNativeAgent, textOf, type NativeAgent } from './testing.ts';

let agent: NativeAgent;
const guest = { node: 0 };
const env = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'];

beforeAll(async () => {
  agent = await startNativeAgent();
});

afterAll(() => agent?.stop());

const idle = 'agent: 0 batches, 0 channels, 0 processes, 0 stubs';
const pipes = { stdin: true, stdout: true, stderr: true };

function sh(script: string, stdio: SpawnStdio = pipes): Promise<SpawnedProcess> {
  return agent.client.spawn(guest, { argv: ['sh', '-c', script], env, stdio });
}

/** Reads a terminal until `marker` was printed. */
async function until(output: AsyncIterator<Uint8Array>, marker: string): Promise<string> {
  let all = '';
  while (!all.includes(marker)) {
    const { value, done } = await output.next();
    if (done) throw new Error(`ended after ${JSON.stringify(all)}`);
    all += new TextDecoder().decode(value);
  }
  return all;
}

describe('pipes', () => {
  test('output, errors and exit status', async () => {
    const { channels, exit } = await sh('echo out; echo err >&2; exit 7');
    expect(await textOf(channels.stdout)).toBe('out\n');
    expect(await textOf(channels.stderr)).toBe('err\n');
    expect(exitCode(await exit)).toBe(7);
  });

  test('input through and its end', async () => {
    const { channels, exit } = await sh('cat');
    const output = textOf(channels.stdout);
    await channels.stdin!.write(bytesOf('one '));
    await channels.stdin!.write(bytesOf('two'));
    channels.stdin!.end();
    expect(await output).toBe('one two');
    expect(await exit).toBe(0);
  });

  test('what a process makes, others can read and not write, as on any host', async () => {
    const { channels } = await sh('umask');
    expect(await textOf(channels.stdout)).toBe('0022\n');
  });

  test('no streams: end of file at once, output lost', async () => {
    const { exit, channels } = await sh('cat && echo lost', 'null');
    expect(channels).toEqual({});
    expect(await exit).toBe(0);
  });

  test('both outputs in one, in order', async () => {
    const { channels } = await sh('echo a; echo b >&2; echo c', { stdout: true, stderr: 'stdout' });
    expect(await textOf(channels.stdout)).toBe('a\nb\nc\n');
  });

  test('output outlives the process while another holds the pipe', async () => {
    const { channels, exit } = await sh('(sleep 0.3; echo late) & echo early');
    expect(await exit).toBe(0);
    expect(await textOf(channels.stdout)).toBe('early\nlate\n');
  });

  test('a process that reads nothing: the writer waits, then learns that it has gone', async () => {
    const { channels, exit } = await sh('sleep 0.2');
    const wrote = channels.stdin!.write(new Uint8Array(1_000_000));
    await expect(wrote).rejects.toThrow(ChannelClosed);
    await exit;
    await expect(channels.stdin!.write(bytesOf('x'))).rejects.toMatchObject({ code: 'EPIPE' });
  });

  test('a reader that stops gives the writer a broken pipe', async () => {
    const { channels, exit } = await sh('exec yes', { stdout: true });
    for await (const _ of channels.stdout!.read()) break;
    channels.stdout!.stop();
    expect(exitCode(await exit)).toBe(128 + 13);
  });

  test('a slow consumer holds the process up, and nothing is lost', async () => {
    const total = 8_000_000;
    const { channels } = await sh(`head -c ${total} /dev/zero`, { stdout: true });
    let seen = 0;
    for await (const bytes of channels.stdout!.read()) {
      seen += bytes.length;
      if (seen < 1_000_000) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(seen).toBe(total);
  });

  test('large input comes back whole', async () => {
    const { channels } = await sh('cat', { stdin: true, stdout: true });
    const input = new Uint8Array(3_000_000).map((_, i) => (i * 7 + (i >> 8)) & 0xff);
    const wrote = channels.stdin!.write(input).then(() => channels.stdin!.end());
    const parts: Uint8Array[] = [];
    for await (const bytes of channels.stdout!.read()) parts.push(bytes);
    await wrote;
    expect(Buffer.compare(Buffer.concat(parts), input)).toBe(0);
  });
});

describe('a start that fails', () => {
  test('no such program', async () => {
    const start = agent.client.spawn(guest, { argv: ['no-such-program'], env, stdio: pipes });
    await expect(start).rejects.toMatchObject({ code: 'ENOENT', index: 0, detail: 'exec' });
  });

  test('no such directory', async () => {
    const start = agent.client.spawn(guest, { argv: ['true'], env, cwd: '/no/such', stdio: 'null' });
    await expect(start).rejects.toMatchObject({ code: 'ENOENT', detail: 'chdir' });
  });

  test('an operation before it', async () => {
    const start = agent.client.spawn(guest, { argv: ['true'], env, stdio: pipes, before: [mkdir('/proc/no')] });
    await expect(start).rejects.toThrow(AgentError);
  });

  test('leaves nothing behind', async () => {
    await expect(agent.client.spawn(guest, { argv: ['/etc/passwd'], env, stdio: pipes })).rejects.toMatchObject({ code: 'EACCES' });
    await expect.poll(() => agent.client.describe()).toBe(idle);
  });
});

describe('who and where', () => {
  test('user, group, directory, environment', async () => {
    const { channels } = await agent.client.spawn(guest, {
      argv: ['sh', '-c', 'id -u; id -g; id -G; pwd; echo $NAME'],
      env: [...env, 'NAME=value'],
      cwd: '/tmp',
      uid: 1234,
      gid: 2345,
      groups: [2345, 3456],
      stdio: pipes,
    });
    expect(await textOf(channels.stdout)).toBe('1234\n2345\n2345 3456\n/tmp\nvalue\n');
  });

  test('signals', async () => {
    const process = await sh('exec sleep 100', 'null');
    await process.kill(15);
    expect(exitCode(await process.exit)).toBe(128 + 15);
    await expect(process.kill(15)).rejects.toMatchObject({ code: 'ESRCH' });
  });

  test('signals are not blocked or ignored in what is started', async () => {
    const { channels } = await sh('grep -E "^Sig(Blk|Ign)" /proc/self/status');
    expect(await textOf(channels.stdout)).toBe('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
  });

  test('limits of the agent are not passed on', async () => {
    const { channels } = await sh('ulimit -n; ulimit -H -n');
    const own = execFileSync('sh', ['-c', 'ulimit -n; ulimit -H -n'], { encoding: 'utf8' });
    expect(await textOf(channels.stdout)).toBe(own);
  });

  test('no descriptor of the agent is inherited', async () => {
    const { channels } = await sh('ls /proc/self/fd | tr "\\n" " "');
    expect(await textOf(channels.stdout)).toBe('0 1 2 3 ');
  });
});

describe('terminals', () => {
  const terminal = { rows: 24, columns: 80 };

  test('is the controlling terminal, with its size, and hangs up at the end', async () => {
    const { channels, exit } = await sh('stty size; tty; echo to the terminal > /dev/tty', terminal);
    const output = await textOf(channels.terminal);
    expect(output).toMatch(/^24 80\r\n\/dev\/pts\/\d+\r\nto the terminal\r\n$/);
    expect(await exit).toBe(0);
    await channels.terminal!.closed;
  });

  test('echo, Ctrl-C, resize with SIGWINCH', async () => {
    const process = await sh(
      'trap "echo interrupted" INT; trap "stty size" WINCH; echo ready; while [ "$line" != end ]; do read line && echo "got $line"; done',
      terminal,
    );
    const output = process.channels.terminal!.read()[Symbol.asyncIterator]();
    await until(output, 'ready\r\n');
    await process.channels.terminal!.write(bytesOf('word\r'));
    expect(await until(output, 'got word\r\n')).toBe('word\r\ngot word\r\n');
    process.channels.terminal!.resize(30, 100);
    await process.channels.terminal!.write(bytesOf('\r'));
    expect(await until(output, 'got \r\n')).toContain('30 100');
    await process.channels.terminal!.write(bytesOf('\x03'));
    await until(output, 'interrupted');
    await process.channels.terminal!.write(bytesOf('end\r'));
    await process.exit;
  });

  test('giving the terminal up hangs up the session', async () => {
    const process = await sh('echo ready; exec sleep 100', terminal);
    await until(process.channels.terminal!.read(), 'ready');
    process.channels.terminal!.abort();
    expect(exitCode(await process.exit)).toBe(128 + 1);
  });

  test('a megabyte of output arrives whole', async () => {
    const { channels } = await sh('head -c 1000000 /dev/zero | tr "\\0" x', terminal);
    expect((await textOf(channels.terminal)).length).toBe(1_000_000);
  });
});

test('many processes at once', async () => {
  const all = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const { channels, exit } = await sh(`echo ${i}; exit ${i}`);
      return [await textOf(channels.stdout), exitCode(await exit)];
    }),
  );
  expect(all).toEqual(all.map((_, i) => [`${i}\n`, i]));
  await expect.poll(() => agent.client.describe()).toBe(idle);
  await expect(agent.client.run(guest, processes('/no/such/cgroup'))).rejects.toMatchObject({ code: 'ENOENT' });
});
