// library/debian: bookworm-slim for i386, from Debian's essential packages and apt.
//
// The first unpacking is done by this machine's dpkg-deb, as there is no dpkg in an empty tree; then the tree's own dpkg
// installs the same packages over it, so its database and the maintainer scripts' work are what they are anywhere.

import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageFiles } from '../../debian.ts';
import type { PackageFile } from '../../debian.ts';
import { run } from '../../shell.ts';
import { DebianRoot } from '../debian-root.ts';
import { debianLabels, imageLicences } from '../debian-labels.ts';
import { makeLayer } from '../layer.ts';
import { isoDate } from '../repository.ts';
import type { Repository } from '../recipes.ts';
import { leavesOut, parsePathFilter } from './path-filter.ts';
import type { PathFilter } from './path-filter.ts';

/** `usr-is-merged` only checks what the tree is given first; without it apt would choose the program that merges. */
const packages = ['?essential', 'apt', 'usr-is-merged', 'tzdata'];
/** Configured before the others, because scripts of those rely on it. */
const first = ['base-passwd', 'base-files', 'debconf'];

export const debianImage: Repository = {
  name: 'library/debian',
  recipe: ['hub/debian', 'hub/debian-root.ts', 'hub/debian-labels.ts', 'hub/tree.ts', 'debian.ts'],
  parts: [],
  make() {
    const root = new DebianRoot('debian');
    bootstrap(root);
    const version = root.read('etc/debian_version').trim();
    const layer = makeLayer(root.changes(), root.epoch);
    return {
      sources: root.sources(),
      licences: imageLicences(root),
      image: {
        tags: ['bookworm-slim', `${version}-slim`, '12-slim', 'stable-slim', 'bookworm', version, '12', 'stable', 'latest'],
        epoch: root.epoch,
        config: {
          Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
          Cmd: ['bash'],
          Labels: {
            ...debianLabels(root, {
              title: 'debian',
              description: 'Debian 12 (bookworm), the slim variant, for 32-bit x86',
              version,
              licences: 'GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.1-or-later AND BSD-3-Clause AND MIT',
              note: 'Every tag is the slim variant. Without documentation, translations, most character sets of iconv, and e2fsprogs.',
            }),
          },
        },
        history: [
          { created_by: `# bookworm-slim, i386, from Debian packages up to ${isoDate(root.epoch)}`, comment: 'images/hub/debian' },
          { created_by: 'CMD ["bash"]', comment: 'images/hub/debian', empty_layer: true },
        ],
        layers: [layer],
      },
    };
  },
};

function bootstrap(root: DebianRoot): void {
  const files = packageFiles(packages);
  root.date(files);
  for (const name of ['bin', 'sbin', 'lib']) {
    mkdirSync(join(root.path, 'usr', name), { recursive: true });
    root.link(`usr/${name}`, name);
  }
  for (const { path } of files) extract(path, root.path);
  const named = (names: string[]): PackageFile[] => files.filter(({ name }) => names.includes(name));
  root.write('var/lib/dpkg/status', '');
  root.copy('hub/debian/rootfs');
  const filter = parsePathFilter(root.read('etc/dpkg/dpkg.cfg.d/docker') + root.read('etc/dpkg/dpkg.cfg.d/drydock-slim'));
  removeLeftOut(root.path, '', filter);
  const all = root.stage(files);
  for (const name of first) root.run(`dpkg --force-depends --install ${named([name]).map(() => `/tmp/packages/${name}.deb`)}`);
  root.run(`dpkg --force-depends --unpack ${all} && dpkg --configure -a`);
}

/** dpkg-deb -x would put real folders where the merged tree has links. */
function extract(deb: string, to: string): void {
  const archive = execFileSync('dpkg-deb', ['--fsys-tarfile', deb], { maxBuffer: 1 << 28 });
  run('tar', ['-xp', '--keep-directory-symlink', '--numeric-owner', '-C', to, '-f', '-'], { input: archive });
}

/** What dpkg will not unpack is not to stay from the first unpacking either. */
function removeLeftOut(root: string, folder: string, filter: PathFilter): void {
  for (const name of readdirSync(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (lstatSync(join(root, path)).isDirectory()) {
      removeLeftOut(root, path, filter);
      if (leavesOut(filter, path) && readdirSync(join(root, path)).length === 0) rmdirSync(join(root, path));
    } else if (leavesOut(filter, path)) execFileSync('rm', [join(root, path)]);
  }
}
