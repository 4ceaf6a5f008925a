// The kernel: Debian's linux-source-6.1, `tinyconfig` and kernel/config on top of it, one bzImage without modules.
//
// Build time, user and host are fixed, so the same package versions give the same bytes. Two lines of the source are
// changed (see tune).

import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { binaryPackage } from '../debian.ts';
import type { BuiltPart, Part } from '../part.ts';
import { cacheDir, imagesDir, run } from '../shell.ts';
import { compilerPackages } from '../toolchain.ts';

const configFile = 'machine/kernel/config';

export const kernel: Part = {
  name: 'kernel',
  recipe: ['machine/kernel.ts', configFile],
  place: { file: 'bzImage' },
  tools: [...compilerPackages, 'bc', 'bison', 'flex', 'kmod', 'libelf-dev', 'libssl-dev', 'xz-utils'],
  build,
};

function build(): BuiltPart {
  const source = binaryPackage('linux-source-6.1', 'all');
  const dir = join(cacheDir, 'kernel');
  const log = join(dir, 'log');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  run('tar', ['-xf', join(source.dir, 'usr/src/linux-source-6.1.tar.xz')], { cwd: dir, log });
  const tree = join(
    dir,
    readdirSync(dir).find((name) => name.startsWith('linux-source'))!,
  );

  const env = {
    KBUILD_BUILD_TIMESTAMP: new Date(source.epoch * 1000).toUTCString(),
    KBUILD_BUILD_USER: 'drydock',
    KBUILD_BUILD_HOST: 'drydock',
    KBUILD_BUILD_VERSION: '1',
  };
  const make = (...targets: string[]): void =>
    run('nice', ['-n', '5', 'make', 'ARCH=i386', 'LOCALVERSION=', `-j${cpus().length}`, ...targets], { cwd: tree, env, log });
  tune(tree);
  make('tinyconfig');
  const wanted = readFileSync(join(imagesDir, configFile), 'utf8');
  appendFileSync(join(tree, '.config'), wanted);
  make('olddefconfig');
  checkConfig(wanted, readFileSync(join(tree, '.config'), 'utf8'));
  make('bzImage');

  const image = join(tree, 'arch/x86/boot/bzImage');
  if (!existsSync(image)) throw new Error(`no bzImage; see ${log}`);
  return { bytes: readFileSync(image), from: [source] };
}

/** Folders whose code runs at every system call, page fault and context switch: worth -O2, the rest of the kernel is -Os. */
const hotFolders = ['arch/x86/Kbuild', 'fs/Makefile', 'kernel/Makefile', 'lib/Makefile', 'mm/Makefile'];

/** Our two changes to the source. */
function tune(tree: string): void {
  for (const file of hotFolders) appendFileSync(join(tree, file), '\nsubdir-ccflags-y += -O2\nccflags-y += -O2\n');
  // A fault in a file's pages maps the 3 pages around it instead of 15. Under emulation mapping and unmapping a page costs
  // so much that a fork, exec and exit of a small program needs a sixth fewer instructions.
  const memory = join(tree, 'mm/memory.c');
  const before = readFileSync(memory, 'utf8');
  const after = before.replace(/(?<=fault_around_bytes __read_mostly =\s+rounddown_pow_of_two\()65536(?=\))/, '16384');
  if (after === before) throw new Error('mm/memory.c: fault_around_bytes is not where it was');
  writeFileSync(memory, after);
}

/** olddefconfig drops what lacks a dependency without a word: say it here. */
export function checkConfig(wanted: string, result: string): void {
  const values = (text: string): Map<string, string> =>
    new Map([...text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));
  const have = values(result);
  const wrong = [...values(wanted)].filter(([name, value]) => (have.get(name) ?? 'n') !== value);
  if (wrong.length > 0)
    throw new Error(`the kernel refused ${wrong.map(([name, value]) => `${name}=${value} (is ${have.get(name) ?? 'n'})`).join(', ')}`);
}
