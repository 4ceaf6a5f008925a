/** Which folder may import which; each rule says why. The compiler checks most of it too (a tsconfig per folder). */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: [from, ...allowed] },
});

module.exports = {
  forbidden: [
    only('engine-is-a-library', '^src/engine/', [], 'The engine runs anywhere: what is impure comes in through ports.'),
    only(
      'cli-is-a-client',
      '^src/cli/',
      [
        '^src/engine/api/',
        '^src/engine/[a-z0-9-]+\\.ts$',
        '^src/engine/oci/(reference|tar|tar-stream|tar-writer)\\.ts$',
        '^src/engine/build/dockerignore/',
      ],
      'The command line talks to the Engine API and nothing else of the engine, but for formats that both read and write: names, tar, .dockerignore.',
    ),
    only(
      'lessons-ask-the-api',
      '^src/lessons/',
      ['^src/engine/api/', '^src/engine/[a-z-]+\\.ts$', '^src/engine/oci/tar-writer\\.ts$'],
      'A goal is a statement about Engine API state; what is asked of a build goes to it as tar.',
    ),
    only(
      'ui-sees-a-machine',
      '^src/ui/',
      [
        '^src/lessons/',
        '^src/engine/api/',
        '^src/engine/[a-z-]+\\.ts$',
        '^src/emulator/(client|protocol|machine-api)\\.ts$',
        '^src/preview/',
      ],
      'The page knows a Machine, the Engine API and the previews.',
    ),
    only(
      'preview-is-http',
      '^src/preview/',
      ['^src/engine/api/http1-answer\\.ts$', '^src/engine/[a-z-]+\\.ts$', '^src/emulator/(machine-api|protocol|pipes)\\.ts$'],
      'A preview is HTTP over a connection to a port; it cannot reach the Engine API.',
    ),
    {
      name: 'one-place-knows-v86',
      comment: 'Only machine.ts and its console and 9p devices know the emulator.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/emulator/machine' },
      to: { path: 'node_modules/v86/(?!package.json)' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle has no lowest part to read first.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'raft-imports-nothing',
      comment: 'Consensus is a value.',
      severity: 'error',
      from: { path: '^src/engine/swarm/raft/' },
      to: { pathNot: '^src/engine/swarm/raft/' },
    },
    {
      name: 'images-below-containers',
      comment: 'Images know nothing of containers.',
      severity: 'error',
      from: { path: '^src/engine/(image|oci|network)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/engine/(container|build)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { conditionNames: ['import', 'svelte', 'default'], extensions: ['.ts', '.svelte', '.js'] },
  },
};
