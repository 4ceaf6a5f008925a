// library/python: Debian's Python 3.11 with pip where the official image has it, below /usr/local.
//
// Every module is compiled beforehand, into files that count whatever time their sources have: an emulated processor takes
// half a minute to compile what one `import flask` needs.

import { DebianImage, debianImageRecipe } from '../debian-image.ts';
import type { DebianRoot } from '../debian-root.ts';
import type { Repository } from '../recipes.ts';

/** `python-is-python3` is the command `python`. */
const packages = ['ca-certificates', 'python3', 'python3-distutils', 'python-is-python3'];
/** pip and setuptools as wheels, which are of no use once they are installed. */
const wheelPackages = ['python3-pip-whl', 'python3-setuptools-whl'];
const wheels = '/usr/share/python-wheels';
const compile = 'python3 -m compileall -q -f --invalidation-mode unchecked-hash';
const compilePython = `${compile} /usr/lib/python3 /usr/lib/python3.11`;
const installPip = [
  `PYTHONPATH=$(echo ${wheels}/pip-*.whl) python3 -m pip install --no-compile --no-index --find-links ${wheels} pip setuptools`,
  `${compile} /usr/local/lib/python3.11`,
  `rm -r ${wheels}`,
].join(' && ');

export const pythonImage: Repository = {
  name: 'library/python',
  base: 'library/debian',
  recipe: ['hub/python', ...debianImageRecipe],
  parts: [],
  make(_parts, made) {
    const image = new DebianImage('python', made['library/debian'])
      .install(['libssl3'])
      .run(`apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')} && ${compilePython}`, install)
      .install(wheelPackages, { command: installPip, run: (root) => root.run(installPip) })
      .copy('hub/python/rootfs', 'rootfs /');
    const version = image.version('python3.11');
    const [major, minor] = version.split('.');
    const numbers = [major!, `${major}.${minor}`, version];
    image.env('LANG', 'C.UTF-8').env('PYTHON_VERSION', version).cmd('python3');
    return image.made(
      [
        'latest',
        'slim',
        'bookworm',
        'slim-bookworm',
        ...numbers.flatMap((number) => [number, `${number}-slim`, `${number}-bookworm`, `${number}-slim-bookworm`]),
      ],
      {
        title: 'python',
        description: 'Python, a programming language, with pip, from Debian 12',
        version,
        licences: 'PSF-2.0 AND MIT AND Apache-2.0 AND BSD-3-Clause AND GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.1-or-later',
        note: 'Every tag is this image, the slim one: without compilers. pip takes packages from the mirror inside the sandbox.',
      },
    );
  },
};

function install(root: DebianRoot): void {
  // The official image is nobody else's either: pip may install into it.
  root.write(
    'etc/dpkg/dpkg.cfg.d/drydock-python',
    '# pip may install beside the packages.\npath-exclude /usr/lib/python3*/EXTERNALLY-MANAGED\n',
  );
  // Each must be set up before the next is unpacked.
  for (const name of ['python3.11-minimal', 'python3-minimal']) root.install(name);
  root.install(...packages);
  root.run(compilePython);
}
