// library/httpd: Debian's Apache httpd with the official image's folders below /usr/local/apache2.

import { DebianImage, debianImageRecipe } from '../debian-image.ts';
import type { DebianRoot } from '../debian-root.ts';
import type { Repository } from '../recipes.ts';

/** Needed only by modules that are left out: LDAP, Lua, XML, certificates by ACME; and perl by helper programs. */
const notNeeded = [
  'libaprutil1-dbd-sqlite3',
  'libaprutil1-ldap',
  'libcurl4 (= 7.88)',
  'libjansson4 (= 2.14)',
  'libldap-2.5-0 (= 2.5.13)',
  'liblua5.3-0 (= 5.3.6)',
  'libxml2 (= 2.9.14)',
  'perl (= 5.36.0-7)',
];
const leftOut = ['md', 'lua', 'proxy_html', 'xml2enc', 'authnz_ldap', 'ldap', 'dialup', 'heartbeat', 'heartmonitor', 'echo', 'case_filter'];

export const httpdImage: Repository = {
  name: 'library/httpd',
  base: 'library/debian',
  recipe: ['hub/httpd', ...debianImageRecipe],
  parts: [],
  make(_parts, made) {
    const image = new DebianImage('httpd', made['library/debian'])
      .install(['libssl3'])
      .run('apt-get update && apt-get install -y --no-install-recommends apache2-bin media-types && rm -rf /var/lib/apt/lists/*', install)
      .copy('hub/httpd/rootfs', 'rootfs /');
    const version = image.version('apache2-bin');
    image
      .env('HTTPD_PREFIX', '/usr/local/apache2')
      .env('PATH', '/usr/local/apache2/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
      .env('HTTPD_VERSION', version)
      .workdir('/usr/local/apache2')
      .stopSignal('SIGWINCH')
      .expose('80/tcp')
      .cmd('httpd-foreground');
    return image.made(['latest', '2', '2.4', version, 'bookworm', '2-bookworm', '2.4-bookworm', 'alpine', '2-alpine', '2.4-alpine'], {
      title: 'httpd',
      description: 'Apache httpd, a web server, from Debian 12',
      version,
      licences: 'Apache-2.0 AND GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.1-or-later',
      note: `Every tag is this image; alpine names it too, although it is Debian. Without the modules ${leftOut.slice(0, 6).join(', ')} and what they need.`,
    });
  },
};

function install(root: DebianRoot): void {
  const excluded = leftOut.map((name) => `path-exclude /usr/lib/apache2/modules/mod_${name}.so\n`).join('');
  root.write('etc/dpkg/dpkg.cfg.d/drydock-httpd', `# Modules whose libraries are not in the image.\n${excluded}`);
  root.standIn('drydock-httpd-slim', notNeeded, 'stands in for what only left out modules of httpd need');
  root.install('apache2-bin', 'media-types');
  root.link('/usr/lib/apache2/modules', 'usr/local/apache2/modules');
  root.link('/etc/mime.types', 'usr/local/apache2/conf/mime.types');
  root.run('mkdir -p /usr/local/apache2/logs && ln -s /usr/bin/htpasswd /usr/local/apache2/bin/htpasswd 2>/dev/null || true');
}
