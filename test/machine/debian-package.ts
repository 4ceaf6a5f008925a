/** Programs that the tests drive, out of Debian's packages. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes sure that a program is on the PATH: on Debian it is installed where that can be done without asking.
 * @param version what it is called with to see whether it is there; @param packages tried in this order
 */
export function needProgram(program: string, version: string, packages: string[]): void {
  const isThere = (): boolean => spawnSync(program, [version], { stdio: 'ignore' }).status === 0;
  if (isThere()) return;
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    console.error(`Installing ${program} (once) …`);
    // One of the test processes at a time: the lists of packages have no queue of their own.
    const apt = (...args: string[]): void => {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      spawnSync('flock', [join(tmpdir(), 'drydock-apt.lock'), 'apt-get', '-qq', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env });
    };
    apt('update');
    for (const name of packages) {
      apt('install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', name);
      if (isThere()) return;
    }
  }
  throw new Error(`This test needs ${program}: install ${packages.join(' or ')}.`);
}
