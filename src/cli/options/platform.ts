/**
 * The syntax of `--platform`: `<system>`, `<architecture>` or `<system>/<architecture>[/<variant>]`.
 * Source: containerd/platforms, Parse.
 */
import { quote } from '#engine/go-quote.ts';

const systems = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos'.split(' '),
);
const architectures = new Set(
  '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
);
const systemPattern = '^([A-Za-z0-9_-]+)(?:\\(([A-Za-z0-9_.-]*)\\))?$';
const partPattern = '^[A-Za-z0-9_.-]+$';
/** What is meant where only one of both is named: the machine this runs on. */
const hostSystem = 'linux';
const hostArchitecture = '386';

/**
 * The normal form that the API takes: `linux/386`, `linux/arm/v6`.
 *
 * @throws Error with Docker's words
 */
export function parsePlatform(text: string): string {
  const failed = (reason: string): Error => new Error(`${reason}: invalid argument`);
  if (text.includes('*')) throw failed(`${quote(text)}: wildcards not yet supported`);
  const [first = '', ...rest] = text.split('/');
  const [, name] = new RegExp(systemPattern).exec(first) ?? [];
  if (name === undefined) {
    const rule = `OSAndVersion specifier component must match ${quote(systemPattern)}`;
    throw failed(`${quote(first)} is an invalid OS component of ${quote(text)}: ${rule}`);
  }
  const wrong = rest.find((part) => !new RegExp(partPattern).test(part));
  if (wrong !== undefined) {
    const rule = `platform specifier component must match ${quote(partPattern)}`;
    throw failed(`${quote(wrong)} is an invalid component of ${quote(text)}: ${rule}`);
  }

  const system = name.toLowerCase() === 'macos' ? 'darwin' : name.toLowerCase();
  const [architecture, variant] = rest;
  if (rest.length > 2) throw failed(`${quote(text)}: cannot parse platform specifier`);
  if (architecture !== undefined) return join(system, ...normalArchitecture(architecture, variant));
  if (systems.has(system)) return join(system, hostArchitecture);
  const alone = normalArchitecture(first);
  if (architectures.has(alone[0])) return join(hostSystem, ...alone);
  throw failed(`${quote(text)}: unknown operating system or architecture`);
}

/** The usual names, and the variant left out where it is the usual one and was not asked for. */
function normalArchitecture(name: string, given?: string): [architecture: string, variant: string] {
  const variant = (given ?? '').toLowerCase();
  switch (name.toLowerCase()) {
    case 'i386':
      return ['386', ''];
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant];
    case 'aarch64':
    case 'arm64':
      if (['', '8', 'v8', 'v8.0'].includes(variant)) return ['arm64', given === undefined ? '' : 'v8'];
      return ['arm64', ['9', '9.0', 'v9.0'].includes(variant) ? 'v9' : variant];
    case 'armhf':
      return ['arm', given === undefined ? '' : 'v7'];
    case 'armel':
      return ['arm', 'v6'];
    case 'arm':
      if (given === undefined) return ['arm', ''];
      return ['arm', /^[5678]$/.test(variant) ? `v${variant}` : variant || 'v7'];
    default:
      return [name.toLowerCase(), variant];
  }
}

function join(...parts: string[]): string {
  return parts.filter((part) => part !== '').join('/');
}
