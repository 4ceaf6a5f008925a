/** Figures of the machine under Node: what a person types into a terminal, to the prompt after it. */
import { nodePlatform } from '../../src/emulator/host.ts';
import type { TerminalSession } from '../../src/emulator/machine-api.ts';
import { startMachine } from '../../src/emulator/start.ts';
import { median, percentile, report, time } from './figures.ts';

const encoder = new TextEncoder();

/** A terminal with what it has printed, and waiting for text in it. */
class TypedTerminal {
  #text = '';
  #bytes = 0;
  #wake = (): void => {};

  constructor(private readonly session: TerminalSession) {
    const decoder = new TextDecoder();
    session.onData((bytes) => {
      this.#text += decoder.decode(bytes, { stream: true });
      this.#bytes += bytes.length;
      session.acknowledge(bytes.length);
      this.#wake();
    });
  }

  type(text: string): void {
    this.session.write(encoder.encode(text));
  }

  /** Forgets what was printed. */
  clear(): void {
    this.#text = '';
    this.#bytes = 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#text)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Types a line and waits for the prompt. */
  async run(line: string): Promise<void> {
    this.clear();
    this.type(`${line}\n`);
    await this.until(/\n.*node1.*[$#] (?:\x1b\[[0-9;]*[a-zA-Z])*$/);
  }
}

export async function nodeFigures(docker: number | undefined): Promise<void> {
  const where = 'node';
  const start = async () => {
    const machine = await startMachine({
      platform: nodePlatform(),
      onFailure: (error) => {
        throw error;
      },
    });
    const terminal = new TypedTerminal(await machine.openTerminal({ node: 'node1', rows: 24, columns: 80 }));
    await terminal.until(/node1/);
    return { machine, terminal };
  };
  const starts: number[] = [];
  for (let run = 0; run < 3; run++) {
    const begin = performance.now();
    const { machine } = await start();
    starts.push(performance.now() - begin);
    await machine.stop();
  }
  report({ name: 'saved state to prompt', where, value: median(starts), unit: 'ms', target: 500, runs: starts.length });

  const { machine, terminal } = await start();
  const idle = await machine.status();
  report({ name: 'memory of the idle guest', where, value: idle.memoryUsedBytes / 1e6, unit: 'MB', target: 40 });

  // What a start leaves to be done comes first.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const { user, system } = process.cpuUsage(before);
  report({ name: 'processor while idle', where, value: ((user + system) / 5e6) * 100, unit: '%', target: 3 });

  const [pull] = await timeOnce(() => terminal.run('docker pull busybox'));
  report({ name: 'docker pull busybox', where, value: pull, unit: 'ms', target: 1000, runs: 1 });

  const runs = await time(15, () => terminal.run('docker run --rm busybox echo hello world'));
  report({
    name: 'docker run --rm busybox echo',
    where,
    value: median(runs),
    unit: 'ms',
    runs: runs.length,
    ...(docker && { docker, target: docker / 2 }),
  });

  const lists = await time(20, () => terminal.run('docker ps'));
  report({ name: 'docker ps', where, value: median(lists), unit: 'ms', target: 60, runs: lists.length });

  terminal.clear();
  terminal.type('docker run -it --rm busybox sh\n');
  await terminal.until(/\/ # /);
  const keys: number[] = [];
  for (let key = 0; key < 60; key++) {
    terminal.clear();
    const begin = performance.now();
    terminal.type('x');
    await terminal.until(/x/);
    keys.push(performance.now() - begin);
  }
  report({ name: 'key to echo in docker run -it, p95', where, value: percentile(keys, 95), unit: 'ms', target: 30, runs: keys.length });
  terminal.type('\x03');
  await terminal.run('exit');

  await terminal.run('dd if=/dev/zero bs=1024 count=768 2>/dev/null | base64 > /tmp/megabyte');
  const [cat] = await timeOnce(() => terminal.run('cat /tmp/megabyte'));
  report({ name: 'cat of 1 MB to the terminal', where, value: terminal.bytes / 1e3 / cat, unit: 'MB/s', target: 2, runs: 1 });
  await machine.stop();
}

async function timeOnce(work: () => Promise<unknown>): Promise<[number]> {
  const begin = performance.now();
  await work();
  return [performance.now() - begin];
}
