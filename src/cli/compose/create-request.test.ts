/** Bodies that docker compose 2.26.1 sent, and what its source says of keys that those do not have. */
import { describe, expect, test } from 'vitest';
import { readVectors } from '../../../test/vectors.ts';
import { createRequest, networksByPriority } from './create-request.ts';
import { HASH_LABEL, REPLACE_LABEL, containerName, serviceLabels } from './labels.ts';
import { loadProject } from './load/load-project.ts';
import { memoryFiles } from './load/memory-files.ts';
import type { ComposeService, Project } from './project.ts';

interface Case {
  command: string;
  files: string[];
  project: string;
  environment: Record<string, string>;
  service: string;
  name: string;
  body: Record<string, unknown> & { Labels: Record<string, string> };
  hostConfig: Record<string, unknown>;
}

const vectors = readVectors<{
  directory: string;
  files: Record<string, string>;
  base: object;
  baseHostConfig: object;
  cases: Case[];
}>('compose/creates.json');

function load({ files, project, environment }: Pick<Case, 'files' | 'project' | 'environment'>): Promise<Project> {
  return loadProject({
    cwd: vectors.directory,
    environment,
    reader: memoryFiles(vectors.directory, vectors.files),
    warn: () => {},
    files,
    projectName: project,
    profiles: ['*'],
  });
}

/** Go writes a map in any order. */
function sortedDependencies(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key, key.endsWith('.depends_on') ? value.split(',').sort().join(',') : value]),
  );
}

test.each(vectors.cases)('$command: $name', async (value) => {
  const project = await load(value);
  const service = project.services[value.service]!;
  const { Labels: labels } = value.body;
  const number = Number(labels['com.docker.compose.container-number']);
  const replaced = labels[REPLACE_LABEL];
  const body = createRequest(project, service, {
    number,
    imageId: labels['com.docker.compose.image']!,
    labels: { ...serviceLabels(project, service), ...(replaced && { [REPLACE_LABEL]: replaced }) },
  });
  expect(value.name.replace(/^ID\d+_/, '')).toBe(containerName(project, service, number));
  const { [HASH_LABEL]: hash, ...others } = body.Labels!;
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.parse(JSON.stringify({ ...body, Labels: sortedDependencies(others) }))).toEqual({
    ...vectors.base,
    ...value.body,
    Labels: sortedDependencies(labels),
    HostConfig: { ...vectors.baseHostConfig, ...value.hostConfig },
  });
});

describe('keys of a service', () => {
  const project: Project = {
    name: 'p',
    services: {},
    networks: { default: { name: 'p_default' }, a: { name: 'p_a' }, b: { name: 'p_b' } },
    volumes: { data: { name: 'p_data' } },
    secrets: { s: { file: '/s' }, e: { environment: 'E', content: 'x' }, x: { external: true, name: 'far' } },
    configs: { c: { content: 'y' } },
    extensions: {},
    workingDirectory: '/',
    composeFiles: [],
    environment: {},
    disabledServices: {},
    profiles: [],
  };
  const bodyOf = (service: Partial<ComposeService>, more = {}) =>
    createRequest(project, { name: 's', image: 'i', ...service }, { number: 1, imageId: 'sha256:i', labels: {}, ...more });

  test.each<[string, Partial<ComposeService>, object]>([
    ['restart', { restart: 'on-failure:3' }, { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } }],
    [
      'deploy goes before restart',
      { restart: 'no', deploy: { restart_policy: { condition: 'any', max_attempts: 2 } } },
      { RestartPolicy: { Name: 'always', MaximumRetryCount: 2 } },
    ],
    [
      'limits',
      { mem_limit: 1, cpus: 2, deploy: { resources: { limits: { cpus: 0.5, memory: 64, pids: 9 }, reservations: { memory: 7 } } } },
      { Memory: 64, NanoCpus: 5e8, PidsLimit: 9, MemoryReservation: 7 },
    ],
    [
      'ulimits',
      { ulimits: { nproc: { single: 5 }, nofile: { soft: 1, hard: 2 } } },
      {
        Ulimits: [
          { Name: 'nofile', Hard: 2, Soft: 1 },
          { Name: 'nproc', Hard: 5, Soft: 5 },
        ],
      },
    ],
    ['tmpfs', { tmpfs: ['/run', '/tmp:size=1m'] }, { Tmpfs: { '/run': '', '/tmp': 'size=1m' } }],
    ['extra_hosts', { extra_hosts: { db: ['1.2.3.4'] } }, { ExtraHosts: ['db:1.2.3.4'] }],
    ['security', { security_opt: ['systempaths=unconfined', 'no-new-privileges:true'] }, { MaskedPaths: [], ReadonlyPaths: [] }],
    ['another namespace', { network_mode: 'container:x', pid: 'host' }, { NetworkMode: 'container:x', PidMode: 'host' }],
    [
      'secrets of files are mounted, others written',
      { secrets: [{ source: 's' }, { source: 'e' }] },
      { Mounts: [{ Target: '/run/secrets/s' }] },
    ],
    ['logging', { logging: { driver: 'none' } }, { LogConfig: { Type: 'none', Config: null } }],
  ])('%s', (_, service, hostConfig) => {
    expect(bodyOf(service).HostConfig).toMatchObject(hostConfig);
  });

  test('volumes of the container before it go on, those of tmpfs and named ones do not', () => {
    const inherited = [
      { Type: 'volume', Name: 'anon', Source: '/x', Destination: '/a', Mode: '', RW: true, Propagation: '' },
      { Type: 'volume', Name: 'image', Source: '/y', Destination: '/i', Mode: '', RW: false, Propagation: '' },
      { Type: 'volume', Name: 'old', Source: '/z', Destination: '/gone', Mode: '', RW: true, Propagation: '' },
    ];
    const volumes = [
      { type: 'volume' as const, target: '/a' },
      { type: 'volume' as const, source: 'data', target: '/d' },
    ];
    expect(bodyOf({ volumes }, { inherited, imageVolumes: ['/i'] }).HostConfig.Mounts).toEqual([
      { Type: 'volume', Source: 'anon', Target: '/a' },
      { Type: 'volume', Source: 'image', Target: '/i', ReadOnly: true },
      { Type: 'volume', Source: 'p_data', Target: '/d' },
    ]);
  });

  test('the network of the highest priority is the main one', () => {
    const networks = { a: null, b: { priority: 10, ipv4_address: '10.0.0.9' } };
    expect(networksByPriority({ name: 's', networks })).toEqual(['b', 'a']);
    const body = bodyOf({ networks, mac_address: '02:00:00:00:00:01' });
    expect(body.HostConfig.NetworkMode).toBe('p_b');
    expect(body.NetworkingConfig!.EndpointsConfig).toMatchObject({
      p_b: { IPAMConfig: { IPv4Address: '10.0.0.9' }, MacAddress: '02:00:00:00:00:01' },
      p_a: { MacAddress: '' },
    });
  });

  test.each<[string, Partial<ComposeService>]>([
    ['unsupported external secret far', { secrets: [{ source: 'x' }] }],
    [
      'the service-level mac_address should have the same value as network a',
      { mac_address: '02:00:00:00:00:01', networks: { a: { mac_address: '02:00:00:00:00:02' } } },
    ],
  ])('%s', (message, service) => {
    expect(() => bodyOf(service)).toThrow(message);
  });
});
