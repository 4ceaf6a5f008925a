import { describe, expect, test } from 'vitest';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { inDependencyOrder, inReverseDependencyOrder } from './dependency-order.ts';
import { HASH_LABEL, IMAGE_LABEL, NUMBER_LABEL, ONEOFF_LABEL, SERVICE_LABEL } from './labels.ts';
import { reconcile, type Plan, type ReconcileOptions } from './reconcile.ts';
import { serviceHash } from './service-hash.ts';
import { withReferences } from './service-references.ts';
import type { ComposeService, Project } from './project.ts';

const started = { required: true, condition: 'service_started' as const };

function projectOf(services: Record<string, Partial<ComposeService>>): Project {
  return {
    name: 'p',
    services: Object.fromEntries(Object.entries(services).map(([name, service]) => [name, { name, image: 'i', ...service }])),
    networks: {},
    volumes: {},
    secrets: {},
    configs: {},
    extensions: {},
    workingDirectory: '/',
    composeFiles: [],
    environment: {},
    disabledServices: { off: { name: 'off' } },
    profiles: [],
  };
}

function container(service: ComposeService, number: number, more: Partial<ContainerSummary> = {}, labels = {}): ContainerSummary {
  return {
    Id: `${service.name}${number}`.padEnd(64, '0'),
    Names: [`/p-${service.name}-${number}`],
    State: 'running',
    Labels: {
      [SERVICE_LABEL]: service.name,
      [NUMBER_LABEL]: `${number}`,
      [HASH_LABEL]: serviceHash(service),
      [IMAGE_LABEL]: 'sha256:i',
      ...labels,
    },
    ...more,
  } as ContainerSummary;
}

const options: ReconcileOptions = { services: [], recreate: 'diverged', recreateDependencies: 'diverged', imageIds: {} };

function plan(project: Project, seen: ContainerSummary[], more: Partial<ReconcileOptions> = {}): Plan {
  const imageIds = Object.fromEntries(Object.keys(project.services).map((name) => [name, 'sha256:i']));
  return reconcile(project, seen, { ...options, imageIds, ...more });
}

/** One line for each service: `web: keep 1, create p-web-2`. */
function print({ services, orphans }: Plan): string[] {
  const nameOf = ({ Names }: ContainerSummary): string => Names[0]!.slice(1);
  const lines = services.map(({ service, steps }) => {
    const texts = steps.map((step) => {
      if (step.kind === 'create') return `create ${step.name}`;
      return step.kind === 'recreate' ? `recreate ${step.name} as ${step.temporaryName}` : `${step.kind} ${nameOf(step.container)}`;
    });
    return `${service}: ${texts.join(', ')}`;
  });
  return [...lines, ...orphans.map((orphan) => `orphan ${nameOf(orphan)}`)];
}

const project = projectOf({ web: { depends_on: { db: started } }, db: {} });
const [web, db] = [project.services['web']!, project.services['db']!];

describe('a plan', () => {
  test('makes what is not there, dependencies first', () => {
    expect(print(plan(project, []))).toEqual(['db: create p-db-1', 'web: create p-web-1']);
  });

  test('leaves what is as it should be', () => {
    expect(print(plan(project, [container(web, 1), container(db, 1)]))).toEqual(['db: keep p-db-1', 'web: keep p-web-1']);
  });

  test('recreates what the file describes otherwise now, and nothing else', () => {
    const seen = [container({ ...web, command: ['old'] }, 1), container(db, 1)];
    expect(print(plan(project, seen))).toEqual(['db: keep p-db-1', 'web: recreate p-web-1 as web100000000_p-web-1']);
  });

  test('recreates what has another image, and what depends on it, as Compose 2.26 does', () => {
    const seen = [container(web, 1), container(db, 1, {}, { [IMAGE_LABEL]: 'sha256:old' })];
    expect(print(plan(project, seen))).toEqual([
      'db: recreate p-db-1 as db1000000000_p-db-1',
      'web: recreate p-web-1 as web100000000_p-web-1',
    ]);
    expect(print(plan(project, seen, { recreate: 'never', recreateDependencies: 'never' }))).toEqual([
      'db: keep p-db-1',
      'web: keep p-web-1',
    ]);
  });

  test('scales up after the highest number, and down from it, old ones first', () => {
    const three = projectOf({ db: { scale: 3 } });
    expect(print(plan(three, [container(db, 4)]))).toEqual(['db: keep p-db-4, create p-db-5, create p-db-6']);
    const one = projectOf({ db: {} });
    const seen = [container(db, 3), container({ ...db, user: 'x' }, 1), container(db, 2)];
    expect(print(plan(one, seen))).toEqual(['db: keep p-db-2, remove p-db-3, remove p-db-1']);
    expect(print(plan(one, [container(db, 2), container(db, 1)], { recreate: 'force' }))).toEqual([
      'db: recreate p-db-1 as db1000000000_p-db-1, remove p-db-2',
    ]);
    expect(print(plan(projectOf({ db: { deploy: { replicas: 0 } } }), [container(db, 1)]))).toEqual(['db: remove p-db-1']);
  });

  test('the policy for named services is not that for their dependencies', () => {
    const seen = [container(web, 1), container(db, 1)];
    expect(print(plan(project, seen, { services: ['web'], recreate: 'force' }))[0]).toBe('db: keep p-db-1');
    expect(print(plan(project, seen, { services: ['web'], recreateDependencies: 'force' }))[0]).toMatch('db: recreate');
  });

  test('finds orphans: services that the file has no more', () => {
    const gone = container({ name: 'gone' }, 1);
    const off = container({ name: 'off' }, 1);
    const oneOff = container(db, 7, { State: 'exited' }, { [ONEOFF_LABEL]: 'True' });
    expect(print(plan(projectOf({ db: {} }), [gone, off, oneOff]))).toEqual(['db: create p-db-1', 'orphan p-gone-1']);
  });

  test('a name of one’s own is for one container', () => {
    expect(() => plan(projectOf({ a: { container_name: 'x', scale: 2 } }), [])).toThrow(
      'WARNING: The "a" service is using the custom container name "x". Docker requires each container to have a unique name.',
    );
  });

  test('who shares a network stays while its owner does', () => {
    const side: ComposeService = { name: 'side', image: 'i', network_mode: 'service:db', depends_on: { db: started } };
    const shared = projectOf({ db: {}, side });
    const owner = container(db, 1);
    const seen = [
      owner,
      container(
        withReferences(side, () => owner.Id),
        1,
      ),
    ];
    expect(print(plan(shared, seen))).toEqual(['db: keep p-db-1', 'side: keep p-side-1']);
    expect(print(plan(shared, seen.slice(1)))).toEqual(['db: create p-db-1', 'side: recreate p-side-1 as side10000000_p-side-1']);
  });
});

describe('references', () => {
  test('become containers', () => {
    const service: ComposeService = { name: 's', pid: 'service:db', volumes_from: ['db:ro', 'container:other'] };
    expect(withReferences(service, (name) => `id-of-${name}`)).toMatchObject({
      pid: 'container:id-of-db',
      volumes_from: ['id-of-db:ro', 'other'],
    });
    expect(() => withReferences({ name: 's', network_mode: 'service:db' }, () => undefined)).toThrow(
      'cannot share network mode with service db: container missing',
    );
  });
});

describe('order', () => {
  const chain = projectOf({ a: { depends_on: { b: started } }, b: { depends_on: { c: started, off: started } }, c: {} });

  test('forth and back', async () => {
    const seen: string[] = [];
    const visit = async (name: string): Promise<void> => void seen.push(name);
    await inDependencyOrder(chain, visit);
    await inReverseDependencyOrder(chain, visit);
    expect(seen).toEqual(['c', 'b', 'a', 'a', 'b', 'c']);
  });

  test('a failure ends it', async () => {
    const seen: string[] = [];
    const visit = async (name: string): Promise<void> => {
      seen.push(name);
      if (name === 'b') throw new Error('no');
    };
    await expect(inDependencyOrder(chain, visit)).rejects.toThrow('no');
    expect(seen).toEqual(['c', 'b']);
  });
});
