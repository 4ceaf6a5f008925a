/**
 * Docker's own engine on this machine, to compare with: a private `dockerd` in a network namespace of its own, with
 * its own data and socket, removed afterwards. Undefined where it is not installed or we are not root.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, time } from './figures.ts';

const busybox = '/bin/busybox';

/** Milliseconds (median) that Docker takes for `docker run --rm busybox echo hello world`. */
export async function dockerRunMs(runs: number): Promise<number | undefined> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/sbin/dockerd') || !existsSync(busybox)) return undefined;
  const home = mkdtempSync(join(tmpdir(), 'drydock-bench-docker-'));
  const host = `unix://${home}/docker.sock`;
  const daemon = spawn(
    'unshare',
    ['--net', '--mount', 'dockerd', '--data-root', `${home}/data`, '--exec-root', `${home}/exec`, '-H', host, '-p', `${home}/pid`],
    {
      stdio: 'ignore',
    },
  );
  try {
    const docker = (...args: string[]): boolean => spawnSync('docker', ['-H', host, ...args], { stdio: 'ignore' }).status === 0;
    for (let tries = 0; tries < 60 && !docker('version'); tries++) await sleep(500);
    const load = `root=$(mktemp -d); mkdir $root/bin; cp ${busybox} $root/bin/; for a in echo sh; do ln -s busybox $root/bin/$a; done; tar -C $root -c . | docker -H ${host} import - busybox:latest; rm -r $root`;
    if (spawnSync('sh', ['-c', load], { stdio: 'ignore' }).status !== 0) return undefined;
    return median(await time(runs, async () => docker('run', '--rm', 'busybox', 'echo', 'hello', 'world')));
  } finally {
    daemon.kill('SIGTERM');
    await Promise.race([new Promise((resolve) => daemon.once('exit', resolve)), sleep(15_000)]);
    rmSync(home, { recursive: true, force: true });
  }
}
