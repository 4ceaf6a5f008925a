// library/mongo-express: a page that lists what a MongoDB server has, on busybox.

import { makeLayer } from '../layer.ts';
import type { Repository } from '../recipes.ts';
import { readImage } from '../repository.ts';
import { compileForGuest, standInEpoch, standInLabels, standInRecipe, standInSources } from '../stand-in/program.ts';

export const mongoExpressImage: Repository = {
  name: 'library/mongo-express',
  recipe: ['hub/mongo-express', ...standInRecipe],
  parts: [],
  base: 'library/busybox',
  make(_parts, made) {
    const busybox = made['library/busybox']!;
    const base = readImage('library/busybox', busybox.index);
    const sources = [...new Set([...busybox.sources, ...standInSources()])].sort();
    return {
      sources,
      image: {
        tags: ['latest', '1', '1.0', '1.0.2'],
        epoch: standInEpoch,
        config: {
          ExposedPorts: { '8081/tcp': {} },
          Env: base.config.Env,
          Cmd: ['mongo-express'],
          Labels: standInLabels(
            'mongo-express',
            'a small web page of our own that lists databases, collections and documents, and adds, changes and deletes them.',
            sources,
          ),
        },
        history: [
          ...base.history,
          { created_by: 'COPY mongo-express /usr/bin/ # buildkit', comment: 'buildkit.dockerfile.v0' },
          { created_by: 'EXPOSE map[8081/tcp:{}]', comment: 'buildkit.dockerfile.v0', empty_layer: true },
          { created_by: 'CMD ["mongo-express"]', comment: 'buildkit.dockerfile.v0', empty_layer: true },
        ],
        layers: [
          ...base.layers,
          makeLayer(
            [
              { path: 'usr', mode: 0o755, type: 'directory' },
              { path: 'usr/bin', mode: 0o755, type: 'directory' },
              { path: 'usr/bin/mongo-express', mode: 0o755, type: 'file', bytes: compileForGuest('mongo-express') },
            ],
            standInEpoch,
          ),
        ],
      },
    };
  },
};
