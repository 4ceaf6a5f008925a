// The guest's own programs, from the C sources of this folder: the agent (which is also dockerd, docker and node-init, by
// the name it is called with), docker-init, curl and sudo. Every *.c of a folder goes into its one program.

import { readFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { binaryPackage } from '../debian.ts';
import { filesBelow } from '../part.ts';
import type { BuiltPart, Part } from '../part.ts';
import { cacheDir, imagesDir, run } from '../shell.ts';
import { compilerPackages, guestFlags, muslCompiler } from '../toolchain.ts';

/** The agent brings its own program start and system calls: no C library. */
export const agent = program('agent', 'usr/sbin/drydock-agent', () =>
  compile('agent', 'gcc', ['-m32', '-DDRYDOCK_FREESTANDING', '-ffreestanding', '-nostdlib'], ['-lgcc']),
);

/** Process 1 of containers made with `--init`: as small, for each of them has one. */
export const dockerInit = program('docker-init', 'usr/bin/docker-init', () =>
  compile('docker-init', 'gcc', ['-m32', '-ffreestanding', '-nostdlib'], []),
);

export const curl = program('curl', 'usr/bin/curl', () => withMusl('curl'));
export const sudo = program('sudo', 'usr/bin/sudo', () => withMusl('sudo'));

function program(name: string, path: string, build: () => BuiltPart): Part {
  const sources = filesBelow(`machine/${name}`).filter((file) => /\.[ch]$/.test(file));
  return {
    name,
    recipe: ['machine/agent.ts', 'toolchain.ts', ...sources],
    place: { file: 'root.cpio.gz', path },
    tools: compilerPackages,
    build,
  };
}

function withMusl(name: string): BuiltPart {
  const { bytes } = compile(name, muslCompiler(), [], []);
  return { bytes, from: [binaryPackage('musl-dev', 'i386')] };
}

function compile(name: string, compiler: string, flags: string[], libraries: string[]): BuiltPart {
  const sources = filesBelow(`machine/${name}`)
    .filter((file) => file.endsWith('.c'))
    .sort();
  const out = join(cacheDir, 'programs', name);
  mkdirSync(join(cacheDir, 'programs'), { recursive: true });
  const size = ['-Os', '-ffunction-sections', '-fdata-sections', '-s', '-Wl,--gc-sections,--build-id=none'];
  run(
    compiler,
    [
      '-std=gnu11',
      '-D_GNU_SOURCE',
      '-Wall',
      '-Wextra',
      ...size,
      ...guestFlags,
      ...flags,
      '-static',
      '-no-pie',
      '-o',
      out,
      ...sources,
      ...libraries,
    ],
    { cwd: imagesDir },
  );
  return { bytes: readFileSync(out), from: [] };
}
