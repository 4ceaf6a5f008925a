// crun, the OCI runtime that carries out what the engine decides. Static: Debian's dynamic one needs five times as long a call.
//
// eBPF stays on, as the device controller of cgroup v2 is a BPF program. systemd, plugins and the shared yajl are left out.

import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { binaryPackage, installedVersion, sourcePackage } from '../debian.ts';
import type { BuiltPart, Part } from '../part.ts';
import { cacheDir, run } from '../shell.ts';
import { compilerPackages, guestFlags } from '../toolchain.ts';

export const crun: Part = {
  name: 'crun',
  recipe: ['machine/crun.ts', 'toolchain.ts'],
  place: { file: 'root.cpio.gz', path: 'usr/bin/crun' },
  tools: [...compilerPackages, 'autoconf', 'automake', 'gperf', 'libtool', 'pkg-config', 'python3'],
  build,
};

function build(): BuiltPart {
  const source = sourcePackage('crun');
  const libraries = [binaryPackage('libcap-dev', 'i386'), binaryPackage('libseccomp-dev', 'i386')];
  const tree = join(cacheDir, 'crun');
  const log = `${tree}.log`;
  rmSync(tree, { recursive: true, force: true });
  cpSync(source.dir, tree, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  // The tarball lacks this generated header.
  writeFileSync(join(tree, 'git-version.h'), `#define GIT_VERSION "Debian ${source.version}"\n`);

  const include = libraries.map(({ dir }) => `-I${dir}/usr/include -I${dir}/usr/include/i386-linux-gnu`).join(' ');
  const lib = libraries.map(({ dir }) => `-L${dir}/usr/lib/i386-linux-gnu`).join(' ');
  const env = {
    CC: 'gcc -m32',
    CFLAGS: `-Os ${guestFlags.join(' ')} -ffile-prefix-map=${tree}=. -ffunction-sections -fdata-sections`,
    CPPFLAGS: `${include} -I${tree}/libocispec/yajl/src/headers`,
    LDFLAGS: `-no-pie -Wl,--gc-sections ${lib}`,
    SECCOMP_CFLAGS: '-DSECCOMP=1',
    SECCOMP_LIBS: '-lseccomp',
    SOURCE_DATE_EPOCH: String(source.epoch),
  };
  const step = (program: string, ...args: string[]): void => run(program, args, { cwd: tree, env, log });
  if (!existsSync(join(tree, 'configure'))) step('./autogen.sh');
  step('./configure', '--host=i686-linux-gnu', '--disable-systemd', '--disable-dl', '--enable-embedded-yajl');
  // Everything below libocispec, its tests too: the main Makefile names no rule for the embedded yajl.
  step('make', '-C', 'libocispec', `-j${cpus().length}`);
  step('make', 'crun', `-j${cpus().length}`, `LDFLAGS=-all-static ${env.LDFLAGS}`);

  const program = join(tree, 'crun');
  step('strip', '-s', '-R', '.comment', '-R', '.note.*', program);
  chmodSync(program, 0o755);
  const features = join(cacheDir, 'crun.features');
  rmSync(features, { force: true });
  run(program, ['--version'], { log: features });
  for (const feature of ['+CAP', '+SECCOMP', '+EBPF', '+YAJL']) {
    if (!readFileSync(features, 'utf8').includes(feature)) throw new Error(`crun was built without ${feature}; see ${log}`);
  }
  const glibc = { source: 'glibc', sourceVersion: installedVersion('libc6-dev-i386'), epoch: 0 };
  return { bytes: readFileSync(program), from: [source, ...libraries, glibc] };
}
