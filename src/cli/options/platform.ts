/**
 * The syntax of `--platform`: `<system>`, `<architecture>` or `<system>/<architecture>[/<variant>]`.
 * Source: containerd/platforms, Parse.
 */

const systems = new Set([
  'linux',
  'windows',
  'darwin',
  'freebsd',
  'netbsd',
  'openbsd',
  'dragonfly',
  'solaris',
  'plan9',
  'android',
  'aix',
  'js',
  'illumos',
  'ios',
]);
const architectures = new Set([
  '386',
  'amd64',
  'arm',
  'arm64',
  'loong64',
  'mips',
  'mipsle',
  'mips64',
  'mips64le',
  'ppc64',
  'ppc64le',
  'riscv64',
  's390x',
  'wasm',
]);
/** Other names of an architecture, with the variant they imply. */
const otherNames: Record<string, [architecture: string, variant: string]> = {
  i386: ['386', ''],
  x86_64: ['amd64', ''],
  'x86-64': ['amd64', ''],
  aarch64: ['arm64', ''],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};
/** What a system alone means. */
const defaultArchitecture = '386';

/**
 * The normal form that the API takes: `linux/386`, `linux/arm/v7`.
 *
 * @throws Error with Docker's words
 */
export function parsePlatform(text: string): string {
  const parts = text.toLowerCase().split('/');
  const failed = (reason: string): Error => new Error(`error parsing specified platform: ${reason}`);
  if (text.includes('*')) throw failed(`"${text}": wildcards not yet supported: invalid argument`);
  for (const part of parts) {
    if (!/^[a-z0-9_.-]+$/.test(part))
      throw failed(
        `"${part}" is an invalid component of "${text}": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument`,
      );
  }
  if (parts.length > 3) throw failed(`"${text}": cannot parse platform specifier: invalid argument`);
  const [first, second, third] = parts as [string, string | undefined, string | undefined];
  if (second !== undefined) return join(system(first), ...architecture(second, third));
  if (systems.has(first) || first === 'macos') return join(system(first), defaultArchitecture, '');
  if (architectures.has(first) || first in otherNames) return join('linux', ...architecture(first));
  throw failed(`"${text}": unknown operating system or architecture: invalid argument`);
}

function system(name: string): string {
  return name === 'macos' ? 'darwin' : name;
}

function architecture(name: string, variant?: string): [architecture: string, variant: string] {
  const [normal, implied] = otherNames[name] ?? [name, ''];
  const chosen = variant ?? implied;
  // The only variants that say nothing.
  if ((normal === 'arm64' && ['8', 'v8'].includes(chosen)) || (normal === 'amd64' && chosen === 'v1')) return [normal, ''];
  if (normal === 'arm') return [normal, chosen === '' ? 'v7' : chosen.replace(/^(?=\d)/, 'v')];
  return [normal, chosen];
}

function join(...parts: string[]): string {
  return parts.filter((part) => part !== '').join('/');
}
