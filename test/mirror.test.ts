// The package mirror as shipped: made by the recipe that is here, whole, and what its lists say of the files. Nothing is built here.

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { mirrorDir, mirrorRecipe, type MirrorRecord } from '../images/mirror/content.ts';
import type { MirrorIndex } from '../src/emulator/mirror/catalog.ts';

const read = (path: string): Buffer => readFileSync(join(mirrorDir, path));
const index = JSON.parse(read('index.json').toString()) as MirrorIndex;
const record = JSON.parse(read('recipe.json').toString()) as MirrorRecord;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('the mirror was made by the recipe that is here (else: npm run images)', () => {
  expect(record.recipe).toBe(mirrorRecipe());
});

test('the index has every file with its size, and all together are at most 20 MB', () => {
  const files = readdirSync(mirrorDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => relative(mirrorDir, join(entry.parentPath, entry.name)));
  const own = ['index.json', 'recipe.json'];
  expect(paths.filter((path) => !own.includes(path)).sort()).toEqual(Object.keys(index.files).sort());
  let total = 0;
  for (const [path, { sizeBytes }] of Object.entries(index.files)) {
    expect({ path, sizeBytes: read(path).length }).toEqual({ path, sizeBytes });
    total += sizeBytes;
  }
  expect(total).toBeLessThanOrEqual(20e6);
});

test('apt’s lists have the checksums of what they name, and all that was chosen', () => {
  for (const path of Object.keys(index.files).filter((one) => one.endsWith('/Release'))) {
    const suite = path.slice(0, -'Release'.length);
    const [, hash, size, file] = /^ ([0-9a-f]{64}) (\d+) (\S+)$/m.exec(read(path).toString()) ?? [];
    const list = read(suite + file!);
    expect([sha256(list), String(list.length)]).toEqual([hash, size]);
  }
  const stanzas = read('apt/debian/dists/bookworm/main/binary-i386/Packages').toString().trim().split('\n\n');
  const packages = stanzas.map((stanza) => new Map([...stanza.matchAll(/^([\w-]+): (.*)$/gm)].map(([, key, value]) => [key!, value!])));
  for (const fields of packages) {
    const deb = read(`apt/debian/${fields.get('Filename')}`);
    expect([fields.get('Package'), sha256(deb), String(deb.length)]).toEqual([
      fields.get('Package'),
      fields.get('SHA256'),
      fields.get('Size'),
    ]);
  }
  expect(packages.map((fields) => fields.get('Package'))).toEqual(expect.arrayContaining(index.chosen.apt));
});

test('Docker’s list has the checksums of its packages, each in two versions', () => {
  const list = read('docker/linux/debian/dists/bookworm/stable/binary-i386/Packages').toString().trim();
  const packages = list
    .split('\n\n')
    .map((stanza) => new Map([...stanza.matchAll(/^([\w-]+): (.*)$/gm)].map(([, key, value]) => [key!, value!])));
  for (const fields of packages) {
    const deb = read(`docker/linux/debian/${fields.get('Filename')}`);
    expect([sha256(deb), String(deb.length)]).toEqual([fields.get('SHA256'), fields.get('Size')]);
    expect(deb.length).toBeLessThan(4096);
  }
  expect(packages.map((fields) => `${fields.get('Package')} ${fields.get('Version')} ${fields.get('Depends') ?? ''}`.trim())).toEqual([
    'docker-ce 5:28.2.2-1~debian.12~bookworm docker-ce-cli',
    'docker-ce-cli 5:28.2.2-1~debian.12~bookworm',
    'docker-ce 5:24.0.9-1~debian.12~bookworm docker-ce-cli',
    'docker-ce-cli 5:24.0.9-1~debian.12~bookworm',
  ]);
});

test('wheels have their checksums, and npm’s packages those of its registry', () => {
  for (const { file, sha256: hash } of index.wheels) expect(sha256(read(`pypi/packages/${file}`))).toBe(hash);
  expect(index.wheels.map(({ project }) => project)).toEqual(expect.arrayContaining(index.chosen.pypi));
  for (const path of Object.keys(index.files).filter((one) => one.endsWith('/registry.json'))) {
    const { versions } = JSON.parse(read(path).toString()) as {
      versions: Record<string, { dist: { tarball: string; integrity: string } }>;
    };
    for (const { dist } of Object.values(versions)) {
      const bytes = read(`npm${new URL(dist.tarball).pathname}`);
      expect(`sha512-${createHash('sha512').update(bytes).digest('base64')}`).toBe(dist.integrity);
    }
  }
});

test('every source has a licence', () => {
  for (const source of Object.values(record.sources).flat())
    expect({ source, licence: record.licences[source.split(' ')[0]!] }).toEqual({ source, licence: expect.stringMatching(/\w/) as string });
});
