// library/mongo: a small server and shell that speak MongoDB's protocol, on busybox.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from '../../part.ts';
import { imagesDir } from '../../shell.ts';
import { makeLayer } from '../layer.ts';
import type { LayerEntry } from '../layer.ts';
import type { Repository } from '../recipes.ts';
import { readImage } from '../repository.ts';
import { compileForGuest, standInEpoch, standInLabels, standInRecipe, standInSources } from '../stand-in/program.ts';

const rootfs = 'hub/mongo/rootfs';

export const mongoImage: Repository = {
  name: 'library/mongo',
  recipe: ['hub/mongo', ...standInRecipe],
  parts: [],
  base: 'library/busybox',
  make(_parts, made) {
    const busybox = made['library/busybox']!;
    const base = readImage('library/busybox', busybox.index);
    const sources = [...new Set([...busybox.sources, ...standInSources()])].sort();
    const folder = (path: string, mode = 0o755): LayerEntry => ({ path, mode, type: 'directory' });
    const program = (path: string, bytes: Uint8Array): LayerEntry => ({ path, mode: 0o755, type: 'file', bytes });
    const entries: LayerEntry[] = [
      ...['data', 'data/db', 'data/configdb', 'docker-entrypoint-initdb.d', 'usr', 'usr/bin', 'usr/local', 'usr/local/bin'].map((path) =>
        folder(path),
      ),
      program('usr/bin/mongod', compileForGuest('mongod')),
      program('usr/bin/mongosh', compileForGuest('mongosh')),
      { path: 'usr/bin/mongo', mode: 0o777, type: 'symlink', target: 'mongosh' },
      ...filesBelow(rootfs).map((file) => program(file.slice(rootfs.length + 1), readFileSync(join(imagesDir, file)))),
    ];
    const step = (created_by: string): { created_by: string; comment: string; empty_layer: true } => ({
      created_by,
      comment: 'buildkit.dockerfile.v0',
      empty_layer: true,
    });
    return {
      sources,
      image: {
        tags: ['latest', '8', '8.0', '7', '7.0', '6', '6.0', '5', '5.0', '4', '4.4', '4.2'],
        epoch: standInEpoch,
        config: {
          ExposedPorts: { '27017/tcp': {} },
          Env: [...base.config.Env, 'HOME=/data/db'],
          Entrypoint: ['docker-entrypoint.sh'],
          Cmd: ['mongod'],
          Volumes: { '/data/configdb': {}, '/data/db': {} },
          Labels: standInLabels(
            'mongo',
            'a small document server of our own that speaks the MongoDB protocol as far as find, insert, update, delete, count, simple aggregations and SCRAM-SHA-256 go, and a small mongosh.',
            sources,
          ),
        },
        history: [
          ...base.history,
          { created_by: 'COPY rootfs mongod mongosh / # buildkit', comment: 'buildkit.dockerfile.v0' },
          step('ENV HOME=/data/db'),
          step('VOLUME [/data/db /data/configdb]'),
          step('ENTRYPOINT ["docker-entrypoint.sh"]'),
          step('EXPOSE map[27017/tcp:{}]'),
          step('CMD ["mongod"]'),
        ],
        layers: [...base.layers, makeLayer(entries, standInEpoch)],
      },
    };
  },
};
