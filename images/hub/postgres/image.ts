// library/postgres: Debian's PostgreSQL 15 without its compiler for queries (LLVM is 30 MB), with a cluster that initdb
// made when the image was built, because that takes minutes on an emulated processor.
//
// The cluster lies where the data directory is, marked as not set up, and once more where a first start on an empty
// volume copies it from; both are links to the same files. Its log of changes is begun anew: nobody needs initdb's.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireInstalled } from '../../debian.ts';
import { cacheDir, imagesDir, run } from '../../shell.ts';
import { compilerPackages } from '../../toolchain.ts';
import { DebianImage, debianImageRecipe } from '../debian-image.ts';
import type { DebianRoot } from '../debian-root.ts';
import type { Repository } from '../recipes.ts';
import { smallIcuData } from './icu-data.ts';

/** Not in the image: what compiles queries, and Debian's scripts to keep several clusters, which are written in Perl. */
const notNeeded = ['libllvm14 (= 1:14.0.6-12)', 'postgresql-common (= 248)', 'postgresql-client-common (= 248)'];
const alsoNotNeeded = ['ssl-cert', 'sensible-utils', 'locales', 'ucf'];

export const postgresImage: Repository = {
  name: 'library/postgres',
  base: 'library/debian',
  recipe: ['hub/postgres', ...debianImageRecipe],
  parts: [],
  make(_parts, made) {
    const image = new DebianImage('postgres', made['library/debian'])
      .install(['libssl3'])
      .run(
        'groupadd -r postgres --gid=999 && useradd -r -g postgres --uid=999 --home-dir=/var/lib/postgresql --shell=/bin/bash postgres',
        addUser,
      )
      .run('apt-get update && apt-get install -y --no-install-recommends postgresql-15 && rm -rf /var/lib/apt/lists/*', install)
      .run('initdb --no-sync -D /var/lib/postgresql/data', makeCluster)
      .copy('hub/postgres/rootfs', 'docker-entrypoint.sh /usr/local/bin/');
    const version = image.version('postgresql-15');
    image
      .env('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/15/bin')
      .env('LANG', 'C.UTF-8')
      .env('PG_MAJOR', '15')
      .env('PG_VERSION', version)
      .env('PGDATA', '/var/lib/postgresql/data')
      .volume('/var/lib/postgresql/data')
      .entrypoint('docker-entrypoint.sh')
      .stopSignal('SIGINT')
      .expose('5432/tcp')
      .cmd('postgres');
    return image.made(['latest', '15', version, 'bookworm', '15-bookworm', `${version}-bookworm`, 'alpine', '15-alpine'], {
      title: 'postgres',
      description: 'PostgreSQL 15, from Debian 12',
      version,
      licences: 'PostgreSQL AND Apache-2.0 AND ICU AND GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.1-or-later',
      note: 'Every tag is this image; alpine names it too, although it is Debian. Without LLVM (jit is off), with ICU cut down to its collations, and with a prepared cluster that the first start sets up.',
    });
  },
};

function addUser(root: DebianRoot): void {
  root.run('groupadd -r postgres --gid=999 && useradd -r -g postgres --uid=999 --home-dir=/var/lib/postgresql --shell=/bin/bash postgres');
  root.run('install -d -o postgres -g postgres /var/lib/postgresql && install -d -m 3777 -o postgres -g postgres /run/postgresql');
}

function install(root: DebianRoot): void {
  const left = ['lib/bitcode/*', 'lib/llvmjit*'].map((path) => `path-exclude /usr/lib/postgresql/15/${path}\n`);
  root.write(
    'etc/dpkg/dpkg.cfg.d/drydock-postgres',
    `# Queries are not compiled.\n${left.join('')}path-exclude /usr/share/postgresql/15/man/*\n`,
  );
  root.standIn('drydock-postgres-slim', [...notNeeded, ...alsoNotNeeded], 'stands in for what PostgreSQL in a container does without');
  // The package's scripts call these to make and stop clusters of the machine; here the entrypoint does.
  const none = [
    'configure_version',
    'configure_client_version',
    'remove_client_version',
    'stop_version',
    'remove_version',
    'preinst_check_catversion',
  ];
  root.write('usr/share/postgresql-common/maintscripts-functions', none.map((name) => `${name}() { :; }\n`).join(''));
  root.install('postgresql-15');
  const icu = root.real('usr/lib/i386-linux-gnu/libicudata.so.72');
  root.write(icu, smallIcuData(readFileSync(join(root.path, icu))));
  root.run('mkdir -p /docker-entrypoint-initdb.d');
}

/** Changed where initdb's choice does not fit a machine of 256 MB with one slow processor. */
const settings: [name: string, value: string][] = [
  ['listen_addresses', "'*'"],
  ['shared_buffers', '16MB'],
  ['max_wal_size', '64MB'],
  ['min_wal_size', '8MB'],
  ['jit', 'off'],
];

function makeCluster(root: DebianRoot): void {
  requireInstalled(compilerPackages);
  const library = join(cacheDir, 'programs/steady.so');
  mkdirSync(join(cacheDir, 'programs'), { recursive: true });
  run('gcc', ['-m32', '-shared', '-fPIC', '-O1', '-o', library, join(imagesDir, 'hub/postgres/steady.c')], {});
  root.write('tmp/steady.so', readFileSync(library));
  const options = '--username=postgres --no-sync --no-instructions --locale=C.UTF-8 --encoding=UTF8 --wal-segsize=1 --auth=trust';
  root.run(
    `cd /var/lib/postgresql
    LD_PRELOAD=/tmp/steady.so setarch -R setpriv --reuid=postgres --regid=postgres --clear-groups \\
      /usr/lib/postgresql/15/bin/initdb ${options} -D data
    LD_PRELOAD=/tmp/steady.so setpriv --reuid=postgres --regid=postgres --clear-groups /usr/lib/postgresql/15/bin/pg_resetwal data
    rm -f data/global/pg_internal.init data/base/*/pg_internal.init`,
  );
  root.remove('tmp/steady.so');
  const config = settings.reduce(
    (text, [name, value]) =>
      text.replace(new RegExp(`^#?${name} = \\S+(\\s*#)?`, 'm'), (_all, comment?: string) => `${name} = ${value}${comment ?? ''}`),
    root.read('var/lib/postgresql/data/postgresql.conf'),
  );
  for (const [name, value] of settings) if (!config.includes(`\n${name} = ${value}`)) throw new Error(`postgresql.conf has no ${name}`);
  root.write('var/lib/postgresql/data/postgresql.conf', config, 0o600);
  root.run(`cd /var/lib/postgresql && chown postgres:postgres data/postgresql.conf
    cp -al data /usr/share/postgresql/15/cluster
    install -o postgres -g postgres -m 600 /dev/null data/.not-set-up`);
}
