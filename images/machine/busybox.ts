// busybox: every ordinary command of the guest, and the whole of the `busybox` image in the hub.
//
// One static program for both, linked with musl: it starts in about half the time that a glibc one needs (figures in
// images/README.md). Its configuration is busybox's own default, as in Docker's official image, and busybox/config.

import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { binaryPackage, sourcePackage } from '../debian.ts';
import type { BuiltPart, Part } from '../part.ts';
import { cacheDir, imagesDir, run } from '../shell.ts';
import { compilerPackages, guestFlags, muslCompiler } from '../toolchain.ts';

const configFile = 'machine/busybox/config';

export const busybox: Part = {
  name: 'busybox',
  recipe: ['machine/busybox.ts', configFile, 'toolchain.ts'],
  place: { file: 'root.cpio.gz', path: 'bin/busybox' },
  tools: compilerPackages,
  build,
};

function build(): BuiltPart {
  const source = sourcePackage('busybox');
  const tree = join(cacheDir, 'busybox');
  const log = `${tree}.log`;
  rmSync(tree, { recursive: true, force: true });
  cpSync(source.dir, tree, { recursive: true, verbatimSymlinks: true });

  const env = { KCONFIG_NOTIMESTAMP: '1', SOURCE_DATE_EPOCH: String(source.epoch) };
  const make = (args: string[], input?: string): void => run('make', args, { cwd: tree, env, log, input });
  make(['defconfig']);
  const flags = [...guestFlags, `-ffile-prefix-map=${tree}=.`].join(' ');
  const wanted = `${readFileSync(join(imagesDir, configFile), 'utf8')}CONFIG_EXTRA_CFLAGS="${flags}"\nCONFIG_EXTRA_LDFLAGS="-no-pie"\n`;
  const config = join(tree, '.config');
  // The first of two lines for one symbol counts, so ours replace the default ones.
  const names = new Set([...wanted.matchAll(/^(CONFIG_\w+)=/gm)].map(([, name]) => name));
  run('sed', ['-i', ...[...names].flatMap((name) => ['-e', `/^${name}=/d;/^# ${name} is not set/d`]), config], { log });
  appendFileSync(config, wanted);
  make(['oldconfig'], '\n'.repeat(200));
  checkConfig(wanted, readFileSync(config, 'utf8'));
  make([`-j${cpus().length}`, `CC=${muslCompiler()}`, 'HOSTCC=gcc', `BB_EXTRA_VERSION=Debian ${source.version}`, 'busybox']);
  return { bytes: readFileSync(join(tree, 'busybox')), from: [source, binaryPackage('musl-dev', 'i386')] };
}

/** Paths of the applets, as the program itself lists them: `bin/ls`, `usr/bin/awk` and so on. */
export function appletsOf(program: Uint8Array): string[] {
  const path = join(cacheDir, 'programs/busybox');
  mkdirSync(join(cacheDir, 'programs'), { recursive: true });
  writeFileSync(path, program);
  chmodSync(path, 0o755);
  return execFileSync(path, ['--list-full'], { encoding: 'utf8' }).trim().split('\n');
}

function checkConfig(wanted: string, result: string): void {
  for (const [, name, value] of wanted.matchAll(/^(CONFIG_\w+)=(.*)$/gm)) {
    const have = new RegExp(`^${name}=(.*)$`, 'm').exec(result)?.[1] ?? 'n';
    if (have !== value) throw new Error(`busybox refused ${name}=${value} (is ${have})`);
  }
}
