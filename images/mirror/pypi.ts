// Python's package index in small: flask, what it needs, and a handful more, as wheels made of Debian's packages.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { binaryPackage } from '../debian.ts';
import { sha256 } from '../part.ts';
import { cacheDir, imagesDir } from '../shell.ts';
import type { MirrorContent } from './content.ts';
import { licencesOf } from './licences.ts';

interface WheelRecord {
  project: string;
  file: string;
  sha256: string;
  requiresPython: string;
}

const chosen = ['flask', 'gunicorn', 'redis', 'requests'];

/**
 * Debian package of each project, i386 when it has compiled modules, and what the project needs, as its own metadata says: Debian
 * takes that out.
 */
const packages: [name: string, arch: 'all' | 'i386', needs: string[]][] = [
  ['python3-async-timeout', 'all', []],
  ['python3-blinker', 'all', []],
  ['python3-certifi', 'all', []],
  ['python3-charset-normalizer', 'all', []],
  ['python3-click', 'all', []],
  ['python3-deprecated', 'all', ['wrapt (>=1.10,<2)']],
  ['python3-flask', 'all', ['Werkzeug (>=2.2.2)', 'Jinja2 (>=3.0)', 'itsdangerous (>=2.0)', 'click (>=8.0)']],
  ['python3-gunicorn', 'all', ['setuptools (>=3.0)']],
  ['python3-idna', 'all', []],
  ['python3-itsdangerous', 'all', []],
  ['python3-jinja2', 'all', ['MarkupSafe (>=2.0)']],
  ['python3-markupsafe', 'i386', []],
  ['python3-packaging', 'all', []],
  ['python3-redis', 'all', ['packaging (>=20.4)', 'deprecated (>=1.2.3)', 'async-timeout (>=4.0.2)']],
  ['python3-requests', 'all', ['charset-normalizer (>=2,<4)', 'idna (>=2.5,<4)', 'urllib3 (>=1.21.1,<1.27)', 'certifi (>=2017.4.17)']],
  ['python3-urllib3', 'all', []],
  ['python3-werkzeug', 'all', ['MarkupSafe (>=2.1.1)']],
  ['python3-wrapt', 'i386', []],
];

/** Debian's Python 3.11 makes the compiled files that Python 3.11 of the python image then finds. */
const python = '/usr/bin/python3.11';

export function pypiContent(): MirrorContent & { wheels: WheelRecord[] } {
  const folder = join(cacheDir, 'mirror/wheels');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const fetched = packages.map(([name, arch, needs]) => ({ ...binaryPackage(name, arch), needs }));
  const made = fetched.flatMap(({ name, dir, epoch, needs }) => {
    const script = join(imagesDir, 'mirror/wheel.py');
    const copyright = join(dir, 'usr/share/doc', name, 'copyright');
    const args = [script, join(dir, 'usr/lib/python3/dist-packages'), copyright, folder, String(epoch), ...needs];
    const printed = execFileSync(python, args, { encoding: 'utf8' });
    const found = JSON.parse(printed) as { project: string; file: string; requiresPython: string }[];
    return found.map((wheel) => ({ ...wheel, bytes: readFileSync(join(folder, wheel.file)), modified: epoch }));
  });
  return {
    files: made.map(({ file, bytes, modified }) => ({ path: `pypi/packages/${file}`, bytes, modified })),
    wheels: made.map(({ project, file, requiresPython, bytes }) => ({ project, file, sha256: sha256(bytes), requiresPython })),
    chosen,
    licences: licencesOf(
      fetched.map(({ name, dir, source }) => ({ source, text: readFileSync(join(dir, 'usr/share/doc', name, 'copyright'), 'utf8') })),
    ),
    sources: [...new Set(fetched.map(({ source, sourceVersion }) => `${source} ${sourceVersion}`))].sort(),
  };
}
