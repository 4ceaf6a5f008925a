/** The real machine, from its saved state: shells, files both ways, sessions, and the link under load. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Channel } from './agent/channel.ts';
import { exitCode } from './agent/spawn.ts';
import { nodePlatform } from './host.ts';
import type { StartProgress } from './machine-api.ts';
import type { RunningMachine } from './running-machine.ts';
import { startMachine } from './start.ts';
import { ensureState } from './state/build.ts';

const platform = nodePlatform();
let machine: RunningMachine;
const progress: StartProgress[] = [];

function start(options: { sessionId?: string } = {}): Promise<RunningMachine> {
  return startMachine({
    ...options,
    platform,
    onProgress: (step) => progress.push(step),
    onFailure: (error) => {
      throw error;
    },
  });
}

async function text(channel: Channel | undefined): Promise<string> {
  let out = '';
  for await (const chunk of channel?.read() ?? []) out += new TextDecoder().decode(chunk);
  return out;
}

async function run(command: string, on = machine): Promise<{ code: number; stdout: string; stderr: string }> {
  const process = await on.shell('node1', command);
  process.channels.stdin?.end();
  const [stdout, stderr, status] = await Promise.all([text(process.channels.stdout), text(process.channels.stderr), process.exit]);
  return { code: exitCode(status), stdout, stderr };
}

beforeAll(async () => {
  await ensureState();
  machine = await start();
});
afterAll(() => machine.stop());

describe('the machine from its saved state', () => {
  it('was not booted', () => {
    expect(progress.map(({ phase }) => phase)).not.toContain('booting');
  });

  it('runs commands with their streams and status', async () => {
    expect(await run('echo out; echo err >&2; exit 3')).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  it('has the host’s time and fresh randomness', async () => {
    const { stdout } = await run('date +%s');
    expect(Math.abs(Number(stdout) - Date.now() / 1000)).toBeLessThan(5);
    const other = await start();
    const command = 'head -c 16 /dev/urandom | od -An -tx1';
    expect((await run(command, other)).stdout).not.toBe((await run(command)).stdout);
    await other.stop();
  });

  it('shares the home directory both ways', async () => {
    const home = machine.home('node1');
    await home.write('from-host.txt', new TextEncoder().encode('hello guest\n'));
    expect(await run('cat from-host.txt; echo hello host > from-guest.txt; mkdir -p a/b; ln -s x a/l')).toMatchObject({
      code: 0,
      stdout: 'hello guest\n',
    });
    expect(new TextDecoder().decode(await home.read('from-guest.txt'))).toBe('hello host\n');
    expect((await home.list('a')).map(({ name, type }) => [name, type])).toEqual([
      ['b', 'directory'],
      ['l', 'other'],
    ]);
  });

  it('lets ordinary programs work on shared files', async () => {
    const script = `set -e
      cd /root && mkdir work && cd work
      for i in $(seq 1 60); do echo $i > f$i; done
      [ $(ls | wc -l) = 60 ]
      cat f* > all && [ $(wc -l < all) = 60 ]
      mv f1 g1 && ln g1 g2 && [ $(stat -c %h g2) = 2 ] && rm g1 && [ $(cat g2) = 1 ]
      echo more >> all && tail -1 all
      dd if=/dev/zero of=big bs=65536 count=32 2>/dev/null && [ $(stat -c %s big) = 2097152 ]
      exec 3< all; rm all; head -1 <&3
      chmod 4711 f2 && stat -c %a f2
      touch -d '2001-02-03 04:05:06' f3 && stat -c %Y f3
      cd .. && rm -r work && ! ls work 2> /dev/null`;
    expect(await run(script)).toEqual({ code: 0, stdout: 'more\n1\n4711\n981173106\n', stderr: '' });
  });

  it('gives what a user makes to that user', async () => {
    await run('mkdir /root/open; chmod 777 /root/open; chmod 711 /root');
    expect(await run('su -s /bin/sh nobody -c "echo x > /root/open/f; mkdir /root/open/d; ln -s a /root/open/l"')).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect((await run('stat -c %u:%g /root/open/f /root/open/d /root/open/l')).stdout).toBe('65534:65534\n'.repeat(3));
    expect((await run('su -s /bin/sh nobody -c "rm /root/open/f; cat /root/.x; echo y > /root/new"')).code).not.toBe(0);
    await run('rm -r /root/open; chmod 700 /root');
  });

  it('leaves no open files behind', async () => {
    await run('ls -lR /root /var/lib/docker > /dev/null');
    const before = (await machine.status()).openFids;
    for (let i = 0; i < 5; i++) await run('find /root -type f | xargs cat > /dev/null; echo x > /root/t; rm /root/t');
    expect((await machine.status()).openFids).toBeLessThanOrEqual(before);
  });
});

describe('a terminal', () => {
  it('is a login shell that ends with its exit code', async () => {
    const terminal = await machine.openTerminal({ node: 'node1', rows: 24, columns: 80 });
    let screen = '';
    terminal.onData((bytes) => {
      screen += new TextDecoder().decode(bytes);
      terminal.acknowledge(bytes.length);
    });
    terminal.write(new TextEncoder().encode('stty size; tty; exit 5\n'));
    expect(await terminal.exited).toBe(5);
    expect(screen).toContain('24 80\r\n/dev/pts/');
  });

  it('makes the guest wait when nothing is acknowledged, and loses nothing', async () => {
    const terminal = await machine.openTerminal({ node: 'node1', rows: 24, columns: 80 });
    let received = 0;
    let tail = '';
    let acknowledging = false;
    terminal.onData((bytes) => {
      received += bytes.length;
      tail = (tail + new TextDecoder().decode(bytes)).slice(-100);
      if (acknowledging) terminal.acknowledge(bytes.length);
    });
    terminal.write(new TextEncoder().encode('stty -opost; head -c 1500000 /dev/zero | tr "\\0" a; echo; echo E""ND; exit\n'));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(received).toBeLessThan(1_000_000);
    acknowledging = true;
    terminal.acknowledge(received);
    await terminal.exited;
    expect(received).toBeGreaterThan(1_500_000);
    expect(tail).toContain('END');
  });
});

describe('a session', () => {
  it('brings everything back as it was', async () => {
    const home = machine.home('node1');
    await home.write('state.txt', new TextEncoder().encode('before'));
    await run('echo guest > /tmp/in-memory; mkdir -p /var/lib/docker/x && echo deep > /var/lib/docker/x/y');
    const { id } = await machine.saveSession('step 1');
    await home.write('state.txt', new TextEncoder().encode('after'));
    await run('rm -r /tmp/in-memory /var/lib/docker/x');

    const restored = await start({ sessionId: id });
    expect(await run('cat /tmp/in-memory /var/lib/docker/x/y state.txt', restored)).toEqual({
      code: 0,
      stdout: 'guest\ndeep\nbefore',
      stderr: '',
    });
    expect((await restored.sessions()).map(({ label }) => label)).toEqual(['step 1']);
    await restored.stop();
    expect((await run('cat state.txt')).stdout).toBe('after');
  });
});

describe('a session saved while containers come and go', () => {
  it('has nothing that cannot be taken away', async () => {
    const busy = await start();
    const leftovers = 'mount | wc -l; ls /sys/class/net | wc -l; ls /sys/fs/cgroup/docker | wc -l';
    await run('docker run --rm busybox true', busy);
    // Network sandboxes are kept in stock; one that was used is made up for a little later.
    const sandboxes = async (): Promise<string> => (await run('ls /run/docker/netns | wc -l', busy)).stdout;
    await expect.poll(sandboxes, { timeout: 20_000 }).toBe('3\n');
    const { stdout: before } = await run(leftovers, busy);
    await run('touch /tmp/go', busy);
    const loops = ['docker run --rm busybox true', 'docker run -d busybox sleep 9; docker rm -f $(docker ps -q)'].map((commands) =>
      run(`while [ -e /tmp/go ]; do ${commands}; done`, busy),
    );
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { id } = await busy.saveSession('in the middle');
    await run('rm /tmp/go', busy);
    await Promise.all(loops);
    await busy.stop();

    const restored = await start({ sessionId: id });
    await run('rm /tmp/go; while pidof docker; do sleep 0.1; done', restored);
    expect(await run('for c in $(docker ps -aq); do docker rm -f $c > /dev/null || exit; done; docker ps -aq', restored)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    await expect.poll(async () => (await run(leftovers, restored)).stdout, { timeout: 20_000 }).toBe(before);
    await restored.stop();
  });
});

describe('the link to the guest', () => {
  it('carries 100 MB each way over several channels in pieces of any size, losing and reordering nothing', async () => {
    const total = 100_000_000;
    const channelCount = 5;
    const random = generator(2026);
    const echo = async (): Promise<void> => {
      const process = await machine.shell('node1', 'cat');
      const { stdin, stdout } = process.channels;
      const [sent, received] = [createHash('sha1'), createHash('sha1')];
      const send = async (): Promise<void> => {
        for (let left = total / channelCount; left > 0;) {
          // Mostly small pieces, some much larger than any buffer on the way.
          const size = Math.min(left, 1 + (random() % (random() % 16 === 0 ? 1_000_000 : 20_000)));
          const bytes = new Uint32Array((size + 3) >> 2).map(random);
          const piece = new Uint8Array(bytes.buffer, 0, size);
          sent.update(piece);
          await stdin?.write(piece);
          left -= size;
        }
        stdin?.end();
      };
      const receive = async (): Promise<number> => {
        let count = 0;
        for await (const bytes of stdout?.read() ?? []) {
          received.update(bytes);
          count += bytes.length;
        }
        return count;
      };
      const [, count] = await Promise.all([send(), receive()]);
      expect(count).toBe(total / channelCount);
      expect(received.digest('hex')).toBe(sent.digest('hex'));
      expect(exitCode(await process.exit)).toBe(0);
    };
    await Promise.all(Array.from({ length: channelCount }, echo));
  });
});

/** xorshift32: quick numbers that repeat. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
