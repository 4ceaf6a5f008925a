// library/hello-world: one program of a few hundred bytes and nothing else.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireInstalled } from '../../debian.ts';
import { cacheDir, imagesDir, run } from '../../shell.ts';
import { compilerPackages, guestFlags } from '../../toolchain.ts';
import { makeLayer } from '../layer.ts';
import type { Repository } from '../recipes.ts';

/** 2026-11-01: date of the text, not of the build. */
const epoch = 1793491200;

export const helloWorldImage: Repository = {
  name: 'library/hello-world',
  recipe: ['hub/hello-world'],
  parts: [],
  make() {
    const layer = makeLayer([{ path: 'hello', mode: 0o755, type: 'file', bytes: compile() }], epoch);
    return {
      sources: [],
      image: {
        tags: ['latest', 'linux'],
        epoch,
        config: {
          Cmd: ['/hello'],
          Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
          WorkingDir: '/',
          Labels: { 'org.opencontainers.image.licenses': 'Apache-2.0' },
        },
        history: [
          { created_by: 'COPY hello / # buildkit', comment: 'buildkit.dockerfile.v0' },
          { created_by: 'CMD ["/hello"]', comment: 'buildkit.dockerfile.v0', empty_layer: true },
        ],
        layers: [layer],
      },
    };
  },
};

function compile(): Uint8Array {
  requireInstalled(compilerPackages);
  const out = join(cacheDir, 'programs', 'hello');
  mkdirSync(join(cacheDir, 'programs'), { recursive: true });
  run(
    'gcc',
    [
      '-m32',
      '-Os',
      ...guestFlags,
      '-ffreestanding',
      '-nostdlib',
      '-static',
      '-no-pie',
      '-s',
      '-Wl,--build-id=none,-z,noseparate-code,-z,norelro',
      '-o',
      out,
      'hello.c',
    ],
    {
      cwd: join(imagesDir, 'hub/hello-world'),
    },
  );
  return readFileSync(out);
}
