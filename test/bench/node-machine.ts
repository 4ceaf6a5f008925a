/** Figures of the machine under Node: what a person types into a terminal, to the prompt after it. */
import { median, percentile, report, time, timeOnce } from './figures.ts';
import { openTyped } from './typed-terminal.ts';

export async function nodeFigures(docker: number | undefined): Promise<void> {
  const where = 'node';
  const start = openTyped;
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

  const pull = await timeOnce(() => terminal.run('docker pull busybox'));
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
  const cat = await timeOnce(() => terminal.run('cat /tmp/megabyte'));
  report({ name: 'cat of 1 MB to the terminal', where, value: terminal.bytes / 1e3 / cat, unit: 'MB/s', target: 2, runs: 1 });
  await machine.stop();
}
