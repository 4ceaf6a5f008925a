// traefik/whoami: one program and nothing else.

import { makeLayer } from '../layer.ts';
import type { Repository } from '../recipes.ts';
import { compileForGuest, standInEpoch, standInLabels, standInRecipe, standInSources } from '../stand-in/program.ts';

export const whoamiImage: Repository = {
  name: 'traefik/whoami',
  recipe: ['hub/whoami', ...standInRecipe],
  parts: [],
  make() {
    const sources = standInSources();
    const program = compileForGuest('whoami');
    return {
      sources,
      image: {
        tags: ['latest', 'v1', 'v1.10', 'v1.10.4', 'v1.11', 'v1.11.0'],
        epoch: standInEpoch,
        config: {
          ExposedPorts: { '80/tcp': {} },
          Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
          Entrypoint: ['/whoami'],
          WorkingDir: '/',
          Labels: {
            ...standInLabels('traefik/whoami', 'a small HTTP server of our own that answers as it does.', sources),
            'dev.drydock.note':
              'This is not traefik/whoami, but a smaller program that answers as it does, without TLS, WebSocket and gRPC.',
          },
        },
        history: [
          { created_by: 'COPY whoami / # buildkit', comment: 'buildkit.dockerfile.v0' },
          { created_by: 'ENTRYPOINT ["/whoami"]', comment: 'buildkit.dockerfile.v0', empty_layer: true },
          { created_by: 'EXPOSE map[80/tcp:{}]', comment: 'buildkit.dockerfile.v0', empty_layer: true },
        ],
        layers: [makeLayer([{ path: 'whoami', mode: 0o755, type: 'file', bytes: program }], standInEpoch)],
      },
    };
  },
};
