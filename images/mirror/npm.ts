// npm's registry in small: express and what it needs. npm-packages.json has the versions, as `npm install express@4` chose them, with
// the checksums that npm's registry gives; a package that does not have its checksum is not taken.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, imagesDir, run } from '../shell.ts';
import type { MirrorContent, MirrorFile } from './content.ts';

interface NpmVersion {
  licence: string;
  integrity: string;
  dependencies?: Record<string, string>;
  engines?: Record<string, string>;
  bin?: Record<string, string>;
}

const chosen = ['express'];
const registry = 'http://registry.npmjs.org';
/** npm's packages carry no date; the archive's own is a fixed day in 1985. */
const MODIFIED = 499162500;

export function npmContent(): MirrorContent {
  const packages = JSON.parse(readFileSync(join(imagesDir, 'mirror/npm-packages.json'), 'utf8')) as Record<
    string,
    Record<string, NpmVersion>
  >;
  const files: MirrorFile[] = [];
  const sources: string[] = [];
  const licences: Record<string, string> = {};
  for (const [name, versions] of Object.entries(packages)) {
    const described = Object.entries(versions).map(([version, { licence, ...about }]) => {
      const bytes = tarball(name, version, about.integrity);
      const file = `${name.split('/').at(-1)}-${version}.tgz`;
      files.push({ path: `npm/${name}/-/${file}`, bytes, modified: MODIFIED });
      sources.push(`${name} ${version}`);
      licences[name] = licence;
      const { integrity, ...rest } = about;
      const shasum = createHash('sha1').update(bytes).digest('hex');
      return [version, { name, version, ...rest, dist: { tarball: `${registry}/${name}/-/${file}`, integrity, shasum } }] as const;
    });
    const latest = described
      .map(([version]) => version)
      .sort(compareVersions)
      .at(-1);
    const document = { name, 'dist-tags': { latest }, versions: Object.fromEntries(described) };
    files.push({ path: `npm/${name}/registry.json`, bytes: Buffer.from(`${JSON.stringify(document)}\n`), modified: MODIFIED });
  }
  return { files, chosen, sources, licences };
}

function tarball(name: string, version: string, integrity: string): Uint8Array {
  const folder = join(cacheDir, 'npm');
  const path = join(folder, `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    run('npm', ['pack', '--silent', `${name}@${version}`, '--pack-destination', folder], { log: join(cacheDir, 'npm/log') });
  }
  const bytes = readFileSync(path);
  const [algorithm = '', expected] = integrity.split(/-(.*)/s);
  if (createHash(algorithm).update(bytes).digest('base64') !== expected) throw new Error(`${name} ${version} does not have its checksum`);
  return bytes;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map((part) => parseInt(part, 10))) as [number[], number[]];
  return left.map((part, at) => part - (right[at] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
