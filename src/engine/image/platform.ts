/**
 * The platform that this host runs, and what people write for platforms.
 * Source: containerd/platforms.
 */
import { EngineError } from '../errors.ts';
import type { Platform } from '../oci/manifest.ts';

export const hostPlatform: Platform = { os: 'linux', architecture: '386' };

const architectures = new Map<string, [architecture: string, variant?: string]>([
  ['i386', ['386']],
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['aarch64', ['arm64']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
]);
const knownArchitectures = [
  '386',
  'amd64',
  'amd64p32',
  'arm',
  'armbe',
  'arm64',
  'arm64be',
  'ppc64',
  'ppc64le',
  'loong64',
  'mips',
  'mipsle',
  'mips64',
  'mips64le',
  'mips64p32',
  'mips64p32le',
  'ppc',
  'riscv',
  'riscv64',
  's390',
  's390x',
  'sparc',
  'sparc64',
  'wasm',
];
const knownSystems = [
  'aix',
  'android',
  'darwin',
  'dragonfly',
  'freebsd',
  'hurd',
  'illumos',
  'ios',
  'js',
  'linux',
  'nacl',
  'netbsd',
  'openbsd',
  'plan9',
  'solaris',
  'windows',
  'zos',
];

/** `linux/arm64/v8`, `linux`, `amd64`; parts left out are this host's. */
export function parsePlatform(text: string): Platform {
  const invalid = (why: string): EngineError => new EngineError('invalid-parameter', `${why}: invalid argument`);
  const parts = text.split('/');
  for (const part of parts) {
    if (!/^[A-Za-z0-9_.-]+$/.test(part)) {
      throw invalid(
        `${JSON.stringify(part)} is an invalid component of ${JSON.stringify(text)}: platform specifier component must match "^[A-Za-z0-9_.-]+$"`,
      );
    }
  }
  const [first = '', second, third] = parts.map((part) => part.toLowerCase());
  if (second === undefined) {
    if (knownSystems.includes(first)) return { ...hostPlatform, os: first };
    const [architecture, variant] = normalized(first);
    if (knownArchitectures.includes(architecture)) return { os: hostPlatform.os, architecture, variant };
    throw invalid(`${JSON.stringify(text)}: unknown operating system or architecture`);
  }
  if (parts.length > 3) throw invalid(`${JSON.stringify(text)}: cannot parse platform specifier`);
  const [architecture, variant] = normalized(second, third);
  return { os: first === 'macos' ? 'darwin' : first, architecture, variant };
}

function normalized(architecture: string, variant?: string): [architecture: string, variant?: string] {
  const [name, implied] = architectures.get(architecture) ?? [architecture];
  const chosen = variant ?? implied;
  // The only variants of their kind; they are not written.
  if ((name === 'arm64' && (chosen === 'v8' || chosen === '8')) || (name === 'amd64' && chosen === 'v1')) return [name];
  if (name === 'arm' && chosen === undefined) return [name, 'v7'];
  return [name, chosen];
}
