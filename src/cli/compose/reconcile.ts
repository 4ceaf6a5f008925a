/**
 * What has to be done so that a project's containers are what its files say: a value in (project, containers seen), a
 * plan out. Asks nobody and changes nothing.
 * Source: docker/compose 2.26.1 pkg/compose/convergence.go.
 */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { ComposeError } from './compose-error.ts';
import { containerName, HASH_LABEL, IMAGE_LABEL, SERVICE_LABEL } from './labels.ts';
import { isOneOff, numberOf } from './project-containers.ts';
import { servicesInOrder } from './project-selection.ts';
import type { ComposeService, Project } from './project.ts';
import { referencedServices, withReferences } from './service-references.ts';
import { serviceHash } from './service-hash.ts';

export type RecreatePolicy = 'diverged' | 'force' | 'never';

export interface ReconcileOptions {
  /** Those named on the command line; empty for all. */
  services: readonly string[];
  /** For the named services. */
  recreate: RecreatePolicy;
  /** For what those depend on. */
  recreateDependencies: RecreatePolicy;
  /** Of each service's image, where it is known: `sha256:…`. */
  imageIds: Readonly<Record<string, string>>;
}

export type Step =
  | { kind: 'create'; number: number; name: string }
  /** The new container is made as `temporaryName`, and called `name` when the old one is gone. */
  | { kind: 'recreate'; container: ContainerSummary; number: number; temporaryName: string; name: string }
  | { kind: 'remove'; container: ContainerSummary }
  | { kind: 'keep'; container: ContainerSummary };

export interface ServicePlan {
  service: string;
  steps: Step[];
}

export interface Plan {
  /** Dependencies first. */
  services: ServicePlan[];
  /** Containers of services that the project does not have. */
  orphans: ContainerSummary[];
}

/** @throws ComposeError when a service with a name of its own is to have several containers */
export function reconcile(project: Project, seen: readonly ContainerSummary[], options: ReconcileOptions): Plan {
  const services: ServicePlan[] = [];
  const changed = new Set<string>();
  /** Of services whose first container stays. */
  const kept = new Map<string, string>();
  for (const service of servicesInOrder(project, [])) {
    const named = options.services.length === 0 || options.services.includes(service.name);
    const policy = named ? options.recreate : options.recreateDependencies;
    const containers = seen.filter((container) => isOf(container, service.name));
    // What runs beside a container that is another now cannot stay; Compose makes every dependent anew.
    const force = policy !== 'never' && Object.keys(service.depends_on ?? {}).some((name) => changed.has(name));
    const steps = stepsOf(project, service, containers, (container) =>
      isObsolete(service, container, force ? 'force' : policy, options.imageIds[service.name], kept),
    );
    if (steps.some(({ kind }) => kind === 'recreate')) changed.add(service.name);
    const first = steps.find(({ kind }) => kind !== 'remove');
    if (first?.kind === 'keep') kept.set(service.name, first.container.Id);
    services.push({ service: service.name, steps });
  }
  return { services, orphans: seen.filter((container) => isOrphan(project, container)) };
}

/** How many containers a service is to have. */
export function scaleOf({ scale, deploy }: ComposeService): number {
  return scale ?? deploy?.replicas ?? 1;
}

export function isOf(container: ContainerSummary, service: string): boolean {
  return container.Labels[SERVICE_LABEL] === service && !isOneOff(container);
}

export function isOrphan(project: Project, container: ContainerSummary): boolean {
  const service = container.Labels[SERVICE_LABEL] ?? '';
  return !(service in project.services) && !(service in project.disabledServices);
}

function stepsOf(
  project: Project,
  service: ComposeService,
  containers: readonly ContainerSummary[],
  obsolete: (container: ContainerSummary) => boolean,
): Step[] {
  const expected = scaleOf(service);
  if (expected > 1 && service.container_name) {
    throw new ComposeError(
      `WARNING: The "${service.name}" service is using the custom container name "${service.container_name}". Docker requires each container to have a unique name. Remove the custom name to scale the service`,
    );
  }
  // Those that are out of date go first when there are too many, then those of high numbers.
  const sorted = containers
    .map((container) => ({ container, isObsolete: obsolete(container) }))
    .sort((a, b) => Number(a.isObsolete) - Number(b.isObsolete) || numberOf(a.container) - numberOf(b.container));
  const steps = sorted.map(({ container, isObsolete: isOld }, index): Step => {
    if (index >= expected) return { kind: 'remove', container };
    if (!isOld) return { kind: 'keep', container };
    const number = numberOf(container);
    const name = containerName(project, service, number);
    return { kind: 'recreate', container, number, temporaryName: `${container.Id.slice(0, 12)}_${name}`, name };
  });
  const next = Math.max(0, ...containers.map(numberOf)) + 1;
  for (let index = containers.length; index < expected; index++) {
    const number = next + index - containers.length;
    steps.push({ kind: 'create', number, name: containerName(project, service, number) });
  }
  return steps;
}

function isObsolete(
  service: ComposeService,
  { Labels: labels }: ContainerSummary,
  policy: RecreatePolicy,
  imageId: string | undefined,
  kept: ReadonlyMap<string, string>,
): boolean {
  if (policy === 'never') return false;
  if (policy === 'force') return true;
  if (referencedServices(service).some((name) => !kept.has(name))) return true;
  const resolved = withReferences(service, (name) => kept.get(name));
  return labels[HASH_LABEL] !== serviceHash(resolved) || (labels[IMAGE_LABEL] ?? '') !== (imageId ?? '');
}
