/**
 * Debian packages of a system, from dpkg's own database, and which Debian release the system is. The files come out of an
 * image, which anybody may have made: what does not look like a package name or version is passed over.
 * Source: dpkg(1), deb-control(5), os-release(5).
 */

export interface DebianPackage {
  name: string;
  version: string;
  architecture: string;
  /** Source package that it was built from, and the version of that. Advisories are about these. */
  source: string;
  sourceVersion: string;
}

export interface Distribution {
  /** `debian`. */
  id: string;
  /** `12`; empty when it has no number. */
  version: string;
  /** `bookworm`. */
  codename: string;
  /** `Debian GNU/Linux 12 (bookworm)`. */
  name: string;
}

export const MAX_PACKAGES = 20_000;
const NAME = /^[a-z0-9][a-z0-9+.-]{0,199}$/;
const VERSION = /^[0-9][A-Za-z0-9.+:~-]{0,199}$/;

/** Packages that are installed, as `var/lib/dpkg/status` or a file of `status.d` lists them. */
export function readDpkgStatus(text: string): DebianPackage[] {
  const packages: DebianPackage[] = [];
  for (const stanza of text.split(/\n[ \t]*\n/)) {
    const fields = readFields(stanza);
    const status = fields.get('status');
    // Files of `status.d` have no such line: what is there is installed.
    if (status !== undefined && !status.endsWith(' installed')) continue;
    const name = fields.get('package') ?? '';
    const version = fields.get('version') ?? '';
    const [, source = name, sourceVersion = version] = /^(\S+)(?:\s+\(([^)]+)\))?$/.exec(fields.get('source') ?? '') ?? [];
    if (![name, source].every((each) => NAME.test(each)) || ![version, sourceVersion].every((each) => VERSION.test(each))) continue;
    packages.push({ name, version, architecture: fields.get('architecture') ?? '', source, sourceVersion });
    if (packages.length === MAX_PACKAGES) break;
  }
  return packages;
}

/** Lines of a field that go on are left out: none that is read here has any. */
function readFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of stanza.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && !/^\s/.test(line)) fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return fields;
}

/**
 * Source packages as a label names them: `busybox 1:1.35.0-4, musl 1.2.3-1`. They stand for what is linked into an image
 * that has no package database.
 */
export function readSourceLabel(label: string): DebianPackage[] {
  return label.split(',').flatMap((entry) => {
    const [source = '', sourceVersion = '', ...rest] = entry.trim().split(/\s+/);
    if (rest.length > 0 || !NAME.test(source) || !VERSION.test(sourceVersion)) return [];
    return [{ name: source, version: sourceVersion, architecture: '', source, sourceVersion }];
  });
}

/** Undefined when the file names no system. */
export function readOsRelease(text: string): Distribution | undefined {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    // Nothing that a terminal would take for more than text.
    if (key !== undefined)
      values.set(
        key,
        value!
          .replace(/^(["'])(.*)\1$/, '$2')
          .replace(/[^\x20-\x7e]/g, '?')
          .slice(0, 200),
      );
  }
  const id = values.get('ID');
  if (id === undefined) return undefined;
  return {
    id,
    version: values.get('VERSION_ID') ?? '',
    codename: values.get('VERSION_CODENAME') ?? '',
    name: values.get('PRETTY_NAME') ?? id,
  };
}
