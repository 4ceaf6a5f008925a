// C compilers for the guest: gcc of the machine, for 32-bit x86 with SSE2, static, at fixed addresses.
//
// Two C libraries: glibc (from libc6-dev-i386) where a library we link needs it, and musl (unpacked beside, never
// installed), whose programs start several times faster under emulation. x87 floats are slow in v86, hence SSE.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { binaryPackage } from './debian.ts';
import { cacheDir } from './shell.ts';

/** Debian packages that must be installed to compile anything here. */
export const compilerPackages = ['build-essential', 'dpkg-dev', 'gcc-multilib', 'libc6-dev-i386', 'linux-libc-dev'];

/** Flags for every program of the guest. */
export const guestFlags = ['-march=i686', '-msse2', '-mfpmath=sse', '-fno-pie', '-fno-asynchronous-unwind-tables', '-fno-stack-protector'];

/** What compiles and links, for the manifest: other versions give other bytes. */
export function toolchainVersion(): string {
  const firstLine = (program: string): string => execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n')[0]!;
  return `${firstLine('gcc')}, ${firstLine('ld')}`;
}

/** Path of a compiler that takes gcc's arguments and links with musl. */
export function muslCompiler(): string {
  const musl = join(binaryPackage('musl-dev', 'i386').dir, 'usr');
  const dir = join(cacheDir, 'toolchain');
  const wrapper = join(dir, 'musl-gcc');
  if (existsSync(wrapper)) return wrapper;

  const gcc = (what: string): string => execFileSync('gcc', ['-m32', what], { encoding: 'utf8' }).trim();
  const gccInclude = gcc('-print-file-name=include');
  const gccLib = dirname(gcc('-print-libgcc-file-name'));
  const muslInclude = join(musl, 'include/i386-linux-musl');
  const muslLib = join(musl, 'lib/i386-linux-musl');

  // The kernel's headers alone, without the C library's that lie in the same folder.
  const kernelInclude = join(dir, 'kernel-include');
  mkdirSync(kernelInclude, { recursive: true });
  for (const name of ['linux', 'asm-generic', 'mtd']) link(`/usr/include/${name}`, join(kernelInclude, name));
  link('/usr/include/x86_64-linux-gnu/asm', join(kernelInclude, 'asm'));

  const include = `-nostdinc -isystem ${muslInclude} -isystem ${gccInclude} -isystem ${kernelInclude}`;
  const specs = {
    cpp_options: `${include} %(old_cpp_options)`,
    cc1: `%(cc1_cpu) ${include}`,
    link_libgcc: `-L${muslLib} -L${gccLib}`,
    libgcc: `${gccLib}/libgcc.a ${gccLib}/libgcc_eh.a`,
    startfile: `${muslLib}/crt1.o ${muslLib}/crti.o ${gccLib}/crtbeginT.o`,
    endfile: `${gccLib}/crtend.o ${muslLib}/crtn.o`,
    link: '-m elf_i386 -nostdlib -static -z noexecstack',
    esp_link: '',
    esp_options: '',
    esp_cpp_options: '',
  };
  const text = Object.entries(specs).map(([name, value]) => `*${name}:\n${value}\n\n`);
  writeFileSync(join(dir, 'musl.specs'), `%rename cpp_options old_cpp_options\n\n${text.join('')}`);
  writeFileSync(wrapper, `#!/bin/sh\nexec gcc -m32 -specs ${join(dir, 'musl.specs')} "$@"\n`);
  chmodSync(wrapper, 0o755);
  return wrapper;
}

function link(target: string, path: string): void {
  if (!existsSync(path)) symlinkSync(target, path);
}
