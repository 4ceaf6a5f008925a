// library/redis: Debian's redis, set up as the official image is: data in /data, the server as the user redis, reachable
// from other containers.

import { DebianImage, debianImageRecipe } from '../debian-image.ts';
import type { DebianRoot } from '../debian-root.ts';
import type { Repository } from '../recipes.ts';

export const redisImage: Repository = {
  name: 'library/redis',
  base: 'library/debian',
  recipe: ['hub/redis', ...debianImageRecipe],
  parts: [],
  make(_parts, made) {
    const image = new DebianImage('redis', made['library/debian'])
      .install(['libssl3'])
      .run('groupadd -r -g 999 redis && useradd -r -g redis -u 999 redis', (root) =>
        root.run('groupadd -r -g 999 redis && useradd -r -g redis -u 999 redis'),
      )
      .install(['redis-server'], { command: 'mkdir /data && chown redis:redis /data', run: setUp })
      .copy('hub/redis/rootfs', 'docker-entrypoint.sh /usr/local/bin/');
    const version = image.version('redis-server');
    image
      .env('REDIS_VERSION', version)
      .volume('/data')
      .workdir('/data')
      .entrypoint('docker-entrypoint.sh')
      .expose('6379/tcp')
      .cmd('redis-server');
    const [major, minor] = version.split('.');
    const names = ['latest', major!, `${major}.${minor}`, version, 'bookworm', `${major}-bookworm`, 'alpine', `${major}-alpine`];
    return image.made([...names, `${major}.${minor}-alpine`, `${major}.${minor}-bookworm`], {
      title: 'redis',
      description: 'redis, a data structure server, from Debian 12',
      version,
      licences: 'BSD-3-Clause AND Apache-2.0 AND GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.1-or-later',
      note: 'Every tag is this image; alpine names it too, although it is Debian.',
    });
  },
};

function setUp(root: DebianRoot): void {
  root.run('mkdir /data && chown redis:redis /data');
  root.remove('etc/init.d/redis-server', 'etc/logrotate.d/redis-server', 'etc/redis');
}
