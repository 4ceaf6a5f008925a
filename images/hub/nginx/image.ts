// library/nginx: Debian's nginx without optional modules, set up as the official image is: in the foreground, logs to the
// container's own streams, pages from /usr/share/nginx/html.

import { DebianImage, debianImageRecipe } from '../debian-image.ts';
import type { DebianRoot } from '../debian-root.ts';
import type { Repository } from '../recipes.ts';

export const nginxImage: Repository = {
  name: 'library/nginx',
  base: 'library/debian',
  recipe: ['hub/nginx', ...debianImageRecipe],
  parts: [],
  make(_parts, made) {
    const image = new DebianImage('nginx', made['library/debian'])
      .install(['libssl3'])
      .run(
        'apt-get update && apt-get install -y --no-install-recommends nginx gettext-base && rm -rf /var/lib/apt/lists/* && ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log',
        install,
      )
      .copy('hub/nginx/rootfs', 'rootfs /');
    const version = image.version('nginx');
    image
      .env('NGINX_VERSION', version)
      .entrypoint('/docker-entrypoint.sh')
      .expose('80/tcp')
      .stopSignal('SIGQUIT')
      .cmd('nginx', '-g', 'daemon off;');
    const minor = version.replace(/\.\d+$/, '');
    const names = ['latest', 'stable', '1', minor, version];
    return image.made(
      [...names, 'bookworm', 'stable-bookworm', `${minor}-bookworm`, 'alpine', 'stable-alpine', `${minor}-alpine`, 'alpine-slim'],
      {
        title: 'nginx',
        description: 'nginx, a web server and reverse proxy, from Debian 12',
        version,
        licences: 'BSD-2-Clause AND Apache-2.0 AND GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.1-or-later',
        note: 'Every tag is this image; alpine names it too, although it is Debian. Without optional modules and without iproute2.',
      },
    );
  },
};

function install(root: DebianRoot): void {
  root.run('groupadd -r -g 101 nginx && useradd -r -u 101 -g nginx -d /nonexistent -s /bin/false nginx');
  // Debian's package asks for it because a script of its own for upgrades looks at sockets.
  root.standIn('drydock-nginx-slim', ['iproute2 (= 6.1.0)'], 'stands in for iproute2, which nginx in a container has no use for');
  root.install('nginx', 'gettext-base');
  root.remove('etc/nginx/sites-available', 'etc/nginx/sites-enabled', 'etc/nginx/snippets', 'var/www', 'etc/nginx/modules-available');
  root.link('/dev/stdout', 'var/log/nginx/access.log');
  root.link('/dev/stderr', 'var/log/nginx/error.log');
}
