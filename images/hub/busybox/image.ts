// library/busybox: the guest's own busybox, laid out like Docker's official image: every applet a hard link in /bin.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appletsOf } from '../../machine/busybox.ts';
import { filesBelow } from '../../part.ts';
import { imagesDir } from '../../shell.ts';
import { makeLayer } from '../layer.ts';
import type { LayerEntry } from '../layer.ts';
import type { Repository } from '../recipes.ts';

const folders: [path: string, mode: number][] = [
  ...['bin', 'dev', 'etc', 'home', 'usr', 'usr/bin', 'usr/sbin', 'var', 'var/spool', 'var/spool/mail', 'var/www'].map(
    (path): [string, number] => [path, 0o755],
  ),
  ['root', 0o700],
  ['tmp', 0o1777],
];

export const busyboxImage: Repository = {
  name: 'library/busybox',
  recipe: ['hub/busybox'],
  parts: ['busybox'],
  make(parts) {
    const { bytes, sources, epoch } = parts.get('busybox')!;
    const debianVersion = sources.find((source) => source.startsWith('busybox '))!.split(' ')[1]!;
    const version = debianVersion.replace(/^\d+:/, '').replace(/-.*$/, '');
    const [major, minor] = version.split('.');

    const applets = appletsOf(bytes).map((path) => path.slice(path.lastIndexOf('/') + 1));
    const entries: LayerEntry[] = [
      ...folders.map(([path, mode]): LayerEntry => ({ path, mode, type: 'directory' })),
      ...filesBelow('hub/busybox/rootfs').map((file): LayerEntry => {
        const path = file.slice('hub/busybox/rootfs/'.length);
        return { path, mode: path === 'etc/shadow' ? 0o600 : 0o644, type: 'file', bytes: readFileSync(join(imagesDir, file)) };
      }),
      { path: 'bin/busybox', mode: 0o755, type: 'file', bytes },
      ...[...new Set(applets)]
        .filter((name) => name !== 'busybox')
        .map((name): LayerEntry => ({ path: `bin/${name}`, mode: 0o755, type: 'hardlink', target: 'bin/busybox' })),
      // Scripts begin with `#!/usr/bin/env`.
      { path: 'usr/bin/env', mode: 0o777, type: 'symlink', target: '../../bin/env' },
    ];
    return {
      sources,
      image: {
        tags: ['latest', 'stable', 'musl', major!, `${major}.${minor}`, version],
        epoch,
        config: {
          Cmd: ['sh'],
          Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
          Labels: {
            'org.opencontainers.image.licenses': 'GPL-2.0-only AND MIT',
            'org.opencontainers.image.version': version,
            'dev.drydock.debian.sources': sources.join(', '),
          },
        },
        history: [{ created_by: `BusyBox ${version} (musl), Debian ${debianVersion}` }],
        layers: [makeLayer(entries, epoch)],
      },
    };
  },
};
