// NOTICE: every binary in images/dist with the Debian source packages it is made of, their licences, and where the source
// is; and docs/sources.md: the same by source package.
//
// Written by `npm run images` from the manifests, so it cannot fall behind them; a package without a licence here is an error.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hubRecords, repositories } from './hub/recipes.ts';
import type { RepositoryRecord } from './hub/recipes.ts';
import type { MachineManifest } from './part.ts';
import { distDir, imagesDir } from './shell.ts';

/** By source package, as its debian/copyright says. */
const licences: Record<string, string> = {
  busybox: 'GPL-2.0-only',
  crun: 'GPL-2.0-or-later and LGPL-2.1-or-later; its libocispec GPL-3.0-or-later with exception, its yajl ISC',
  glibc: 'LGPL-2.1-or-later',
  libxslt: 'MIT',
  libxcrypt: 'LGPL-2.1-or-later, parts public domain and BSD',
  libcap2: 'BSD-3-Clause or GPL-2.0-only',
  libseccomp: 'LGPL-2.1-only',
  linux: 'GPL-2.0-only with Linux-syscall-note',
  musl: 'MIT',
  seabios: 'LGPL-3.0-only, parts GPL-3.0-only',
};

/** What is compiled from this repository. */
const own = new Set([
  'agent',
  'docker-init',
  'curl',
  'sudo',
  'library/hello-world',
  'traefik/whoami',
  'library/mongo',
  'library/mongo-express',
]);

export const noticePath = join(imagesDir, '../NOTICE');
export const sourcesPath = join(imagesDir, '../docs/sources.md');

export function writeNotice(): void {
  writeFileSync(noticePath, noticeText());
  writeFileSync(sourcesPath, sourcesText());
}

/** The text that the manifests in dist call for. */
export function noticeText(): string {
  return `Drydock
Copyright the Drydock authors. Licensed under the Apache License, version 2.0; see LICENSE.

Drydock ships binaries of other free software: programs built from Debian's source packages by the recipes in images/, and
images put together of Debian's binary packages. They are separate programs that run inside the emulated machine. Each
is named below with the source packages that it is made of (Debian's name and version) and the licences that occur in
these. Debian's copyright file of each is in images/licences/, or, of an image's packages, in the image itself at
/usr/share/doc/PACKAGE/copyright; the licences' full texts are in images/licences/ and /usr/share/common-licenses.
gcc's support library is linked under the GCC Runtime Library Exception.

Source. The complete source of each binary is the named Debian source package (\`apt-get source NAME=VERSION\` from Debian's
archive, deb.debian.org; versions that have left it stay at snapshot.debian.org) together with the recipe, configuration
and sources in images/, which \`npm run images\` follows. For three years from each release the project hands out the
same sources to anyone on request through its issue tracker, at no charge. docs/sources.md lists them by package.

The Compose specification's schema (src/cli/compose/load/compose-spec.json and, with its descriptions, src/ui/editor/compose-spec.json)
is that of github.com/compose-spec/compose-go v2.6.3: Apache-2.0.

Files below images/dist/
------------------------

${shippedThings().map(noticeEntry).join('\n')}`;
}

/** docs/sources.md: a table by source package. */
export function sourcesText(): string {
  const rows = new Map<string, { licence: string; where: Set<string> }>();
  for (const thing of shippedThings()) {
    for (const source of thing.sources) {
      const row = rows.get(source) ?? { licence: licenceOf(source, thing), where: new Set() };
      rows.set(source, row);
      row.where.add(thing.short);
    }
  }
  const lines = [...rows].sort().map(([source, { licence, where }]) => {
    const [name, version] = source.split(' ');
    return `| ${name} | ${version} | ${licence.replaceAll('|', '/')} | ${[...where].join(', ')} |`;
  });
  return `# Sources of what is shipped

Written by \`npm run images\`. Every binary that Drydock ships below \`images/dist\` is made of these Debian source packages and of the
recipes in \`images/\`. The licences are those that the packages' copyright files name for any of their files; GPL and LGPL parts
are offered in source as follows.

- **From Debian**: \`apt-get source NAME=VERSION\` with a \`deb-src\` line for bookworm, its updates and its security archive
  (deb.debian.org). A version that has left the archive is kept at snapshot.debian.org, by name and version.
- **From us**: whoever has a copy of Drydock may ask for the source of any part of it through the project's issue tracker, for three years
  from the release of that copy; it is handed out at no charge.
- **How the binaries are made of it**: programs of the machine are compiled by the recipes in \`images/machine\`; images of the hub
  consist of Debian's own binary packages, unpacked and configured by the recipes in \`images/hub\`, which also hold what we add. What is
  left out of a package is said in the image's \`dev.drydock.note\` label and in \`/etc/dpkg/dpkg.cfg.d\` of the image.

An image names its source packages in its label \`dev.drydock.debian.sources\`. An image on top of \`debian\` holds all that is listed for \`debian\`
as well.

| source package | version | licences named | in |
| --- | --- | --- | --- |
${lines.join('\n')}
`;
}

interface Shipped {
  /** Heading in NOTICE. */
  where: string;
  /** In the table. */
  short: string;
  sources: string[];
  /** Said before the sources. */
  remarks: string[];
  /** By source package; absent where the copyright files are not in the thing itself. */
  licences: Record<string, string> | undefined;
}

function shippedThings(): Shipped[] {
  const { parts } = JSON.parse(readFileSync(join(distDir, 'machine/manifest.json'), 'utf8')) as MachineManifest;
  const remarksOf = (name: string): string[] => (own.has(name) ? ['sources of this repository: Apache-2.0'] : []);
  const machine = Object.entries(parts)
    .filter(([name]) => name !== 'root')
    .map(([name, part]): Shipped => {
      const where = `machine/${part.file}${part.path ? `, in it ${part.path}` : ''}`;
      return { where, short: `machine (${name})`, sources: part.sources, remarks: remarksOf(name), licences: undefined };
    });
  const hub = hubRecords();
  const images = repositories.map(({ name, base }): Shipped => {
    const record: RepositoryRecord = hub[name]!;
    const below = new Set(base ? hub[base]!.sources : []);
    const remarks = [...remarksOf(name), ...(base ? [`all of hub/v2/${base}, and:`] : [])];
    const sources = record.sources.filter((source) => !below.has(source));
    return { where: `hub/v2/${name}`, short: name.replace('library/', ''), sources, remarks, licences: record.licences };
  });
  return [...machine, ...images];
}

function noticeEntry(thing: Shipped): string {
  const lines = [...thing.remarks, ...thing.sources.map((source) => `${source}: ${licenceOf(source, thing)}`)];
  return `${thing.where}\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

function licenceOf(source: string, thing: Shipped): string {
  const name = source.split(' ')[0]!;
  const licence = thing.licences?.[name] || licences[name];
  if (licence) return licence;
  if (thing.licences) return 'as its copyright file in the image says';
  throw new Error(`images/notice.ts has no licence for ${source}`);
}
