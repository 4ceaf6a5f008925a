// library/registry: Debian's docker-registry (Docker Distribution 2.8), set up as the official image is.

import { DebianImage, debianImageRecipe } from '../debian-image.ts';
import type { DebianRoot } from '../debian-root.ts';
import type { Repository } from '../recipes.ts';

export const registryImage: Repository = {
  name: 'library/registry',
  base: 'library/debian',
  recipe: ['hub/registry', ...debianImageRecipe],
  parts: [],
  make(_parts, made) {
    const image = new DebianImage('registry', made['library/debian'])
      .install(['docker-registry'], { command: 'ln -s /usr/bin/docker-registry /usr/local/bin/registry', run: setUp })
      .copy('hub/registry/rootfs', 'rootfs /');
    const version = image.version('docker-registry');
    image.volume('/var/lib/registry').expose('5000/tcp').entrypoint('/entrypoint.sh').cmd('/etc/docker/registry/config.yml');
    return image.made(['latest', '2', version.replace(/\.\d+$/, ''), version], {
      title: 'registry',
      description: 'Docker Distribution, a registry for container images, from Debian 12',
      version,
      licences: 'Apache-2.0 AND GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.1-or-later',
    });
  },
};

function setUp(root: DebianRoot): void {
  root.link('/usr/bin/docker-registry', 'usr/local/bin/registry');
  root.remove('etc/init.d/docker-registry', 'etc/default/docker-registry');
  root.run('mkdir -p /var/lib/registry');
}
