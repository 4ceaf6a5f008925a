// NOTICE: every binary in images/dist with the Debian source packages it is made of, their licences, and where the source is.
//
// Written by `npm run images` from the manifests, so it cannot fall behind them; a package without a licence here is an error.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RepositoryRecord } from './hub/recipes.ts';
import type { MachineManifest } from './part.ts';
import { distDir, imagesDir } from './shell.ts';

/** By source package, as its debian/copyright says. */
const licences: Record<string, string> = {
  busybox: 'GPL-2.0-only',
  crun: 'GPL-2.0-or-later and LGPL-2.1-or-later; its libocispec GPL-3.0-or-later with exception, its yajl ISC',
  glibc: 'LGPL-2.1-or-later',
  libcap2: 'BSD-3-Clause or GPL-2.0-only',
  libseccomp: 'LGPL-2.1-only',
  linux: 'GPL-2.0-only with Linux-syscall-note',
  musl: 'MIT',
  seabios: 'LGPL-3.0-only, parts GPL-3.0-only',
};

/** What is compiled from this repository. */
const own = new Set(['agent', 'curl', 'sudo', 'library/hello-world']);

export const noticePath = join(imagesDir, '../NOTICE');

export function writeNotice(): void {
  writeFileSync(noticePath, noticeText());
}

/** The text that the manifests in dist call for. */
export function noticeText(): string {
  const { parts } = JSON.parse(readFileSync(join(distDir, 'machine/manifest.json'), 'utf8')) as MachineManifest;
  const hubPath = join(distDir, 'hub/recipes.json');
  const hub = existsSync(hubPath) ? (JSON.parse(readFileSync(hubPath, 'utf8')) as Record<string, RepositoryRecord>) : {};
  const machine = Object.entries(parts)
    .filter(([name]) => name !== 'root')
    .map(([name, part]) => entry(name, `machine/${part.file}${part.path ? `, in it ${part.path}` : ''}`, part.sources));
  const images = Object.entries(hub).map(([name, { sources }]) => entry(name, `hub/v2/${name}`, sources));
  return `Drydock
Copyright the Drydock authors. Licensed under the Apache License, version 2.0; see LICENSE.

Drydock ships binaries of other free software, built from Debian's source packages by the recipes in images/. They
are separate programs that run inside the emulated machine. Each is named below with the source packages that it is made
of (Debian's name and version) and their licences; Debian's copyright file of each and the licences' full texts are in
images/licences/. gcc's support library is linked under the GCC Runtime Library Exception.

Source. The complete source of each binary is the named Debian source package (\`apt-get source NAME=VERSION\`; versions
that have left the archive stay in Debian's snapshot archive) together with the recipe, configuration and sources in
images/, which \`npm run images\` follows. For three years from each release the project hands out the same sources on
request through its issue tracker, at no charge.

Files below images/dist/
------------------------

${[...machine, ...images].join('\n')}`;
}

function entry(name: string, where: string, sources: string[]): string {
  const lines = sources.map((source) => {
    const licence = licences[source.split(' ')[0]!];
    if (!licence) throw new Error(`images/notice.ts has no licence for ${source}`);
    return `    ${source}: ${licence}\n`;
  });
  if (own.has(name)) lines.unshift('    sources of this repository: Apache-2.0\n');
  return `${where}\n${lines.join('')}`;
}
