// What a Debian image says of itself in its labels, and the licences of the packages in it, as their copyright files name them.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebianRoot } from './debian-root.ts';

export interface ImageDescription {
  title: string;
  description: string;
  version: string;
  /** SPDX expression over what the image is mainly made of; the copyright file of every package is in the image. */
  licences: string;
  /** What is different from the image of this name that people know. */
  note?: string;
}

export function debianLabels(root: DebianRoot, { title, description, version, licences, note }: ImageDescription): Record<string, string> {
  return {
    'org.opencontainers.image.title': title,
    'org.opencontainers.image.description': description,
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.licenses': licences,
    'dev.drydock.debian.sources': root.sources().join(', '),
    ...(note && { 'dev.drydock.note': note }),
  };
}

/** By source package: the licences that the copyright files of its packages name. */
export function imageLicences(root: DebianRoot): Record<string, string> {
  const bySource = new Map<string, Set<string>>();
  for (const { name, source } of root.packages()) {
    const names = bySource.get(source) ?? new Set();
    bySource.set(source, names);
    const path = join(root.path, 'usr/share/doc', name, 'copyright');
    if (existsSync(path)) for (const licence of namedLicences(readFileSync(path, 'utf8'))) names.add(licence);
  }
  return Object.fromEntries([...bySource].sort().map(([source, names]) => [source, [...names].sort().join(', ')]));
}

/** Short names of the machine-readable form; of the others, the licences whose texts they point to. */
export function namedLicences(copyright: string): string[] {
  const short = [...copyright.matchAll(/^License:[ \t]*(\S.*)$/gim)].flatMap(([, text]) => text!.split(/\s*(?:,|\band\b|\bor\b)\s*/));
  const names = short.filter((name) => /^[A-Za-z][\w.+/-]+(?: with [\w .-]+)?$/.test(name));
  return names.length > 0 ? names : [...copyright.matchAll(/common-licenses\/([\w.-]*\w)/g)].map(([, name]) => name!);
}
