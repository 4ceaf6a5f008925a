/**
 * Docker's own engine on this machine, to compare with: a private `dockerd` in a network namespace of its own, with
 * its own data and socket, removed afterwards. Undefined where it is not installed or we are not root.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, time } from './figures.ts';
import { projects } from './projects.ts';

const busybox = '/bin/busybox';

/** What Docker takes for the same work, in milliseconds (medians). */
export interface DockerTimes {
  /** `docker run --rm busybox echo hello world`. */
  runMs: number;
  /** A build of ten instructions without RUN, nothing cached; the same found in the cache; FROM and RUN alone. */
  buildMs: number;
  cachedBuildMs: number;
  runStepMs: number;
}

export async function dockerTimes(runs: number): Promise<DockerTimes | undefined> {
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
    const docker = (...args: string[]): boolean =>
      spawnSync('docker', ['-H', host, ...args], { stdio: 'ignore', env: { ...process.env, DOCKER_BUILDKIT: '0' } }).status === 0;
    for (let tries = 0; tries < 60 && !docker('version'); tries++) await sleep(500);
    const load = `root=$(mktemp -d); mkdir $root/bin; cp ${busybox} $root/bin/; for a in echo sh; do ln -s busybox $root/bin/$a; done; tar -C $root -c . | docker -H ${host} import - busybox:latest; rm -r $root`;
    if (spawnSync('sh', ['-c', load], { stdio: 'ignore' }).status !== 0) return undefined;
    const runMs = median(await time(runs, async () => docker('run', '--rm', 'busybox', 'echo', 'hello', 'world')));
    for (const [name, files] of Object.entries(projects)) {
      mkdirSync(`${home}/${name}`);
      for (const [path, text] of Object.entries(files)) writeFileSync(`${home}/${name}/${path}`, text);
    }
    const build = async (name: string, ...flags: string[]): Promise<number> =>
      median(await time(3, async () => docker('build', '-q', ...flags, `${home}/${name}`)));
    return {
      runMs,
      buildMs: await build('ten', '--no-cache'),
      cachedBuildMs: await build('ten'),
      runStepMs: await build('run', '--no-cache'),
    };
  } finally {
    daemon.kill('SIGTERM');
    await Promise.race([new Promise((resolve) => daemon.once('exit', resolve)), sleep(15_000)]);
    rmSync(home, { recursive: true, force: true });
  }
}
