/**
 * Projects with fewer or other services: by profile, by name, without what nothing uses. Each is a new project; services
 * are shared with the old one unless they change.
 * Source: compose-go v2.6.3 types/project.go.
 */
import { ComposeError } from './compose-error.ts';
import { sortedKeys } from './load/model.ts';
import type { ComposeService, Project, ServiceDependency } from './project.ts';

export type Dependencies = 'include' | 'dependents' | 'ignore';

/** Disables the services that none of the profiles has; one without a profile is always active. */
export function withProfiles(project: Project, profiles: string[]): Project {
  const services = newServices();
  const disabledServices = newServices();
  for (const [name, service] of Object.entries({ ...project.services, ...project.disabledServices })) {
    (hasProfile(service, profiles) ? services : disabledServices)[name] = service;
  }
  return { ...project, services, disabledServices, profiles };
}

/** Any name may be a service's, also one that JavaScript has for itself. */
function newServices(from: Record<string, ComposeService> = {}): Record<string, ComposeService> {
  return Object.assign(Object.create(null) as Record<string, ComposeService>, from);
}

function hasProfile({ profiles = [] }: ComposeService, active: string[]): boolean {
  return profiles.length === 0 || active.some((profile) => profile === '*' || profiles.includes(profile));
}

/** Enables services named on the command line, with their profiles. */
export function withServicesEnabled(project: Project, names: string[]): Project {
  if (names.length === 0) return project;
  const needed = names.flatMap((name) => (name in project.services ? [] : (project.disabledServices[name]?.profiles ?? [])));
  return withProfiles(project, [...project.profiles, ...needed]);
}

/** Without networks, volumes, secrets and configurations that no active service uses. */
export function withoutUnnecessaryResources(project: Project): Project {
  const services = Object.values(project.services);
  const keep = <T>(resources: Record<string, T>, needed: (string | undefined)[]): Record<string, T> =>
    Object.fromEntries(Object.entries(resources).filter(([name]) => needed.includes(name)));
  return {
    ...project,
    networks: keep(
      project.networks,
      services.flatMap(({ networks = {} }) => Object.keys(networks)),
    ),
    volumes: keep(
      project.volumes,
      services.flatMap(({ volumes = [] }) => volumes.filter(({ type }) => type === 'volume').map(({ source }) => source)),
    ),
    secrets: keep(
      project.secrets,
      services.flatMap(({ secrets = [], build }) => [...secrets, ...(build?.secrets ?? [])].map(({ source }) => source)),
    ),
    configs: keep(
      project.configs,
      services.flatMap(({ configs = [] }) => configs.map(({ source }) => source)),
    ),
  };
}

/**
 * Keeps the named services (patterns with `*` too) and what they depend on, disables the others.
 *
 * @throws ComposeError `no such service: NAME`
 */
export function withSelectedServices(project: Project, names: string[], dependencies: Dependencies = 'include'): Project {
  if (names.length === 0) return project;
  const selected = new Set(servicesInOrder(project, names, dependencies).map(({ name }) => name));
  const services = newServices();
  const disabledServices = newServices(project.disabledServices);
  for (const [name, service] of Object.entries(project.services)) {
    if (selected.has(name)) services[name] = withDependencies(service, (other) => selected.has(other));
    else disabledServices[name] = service;
  }
  return { ...project, services, disabledServices };
}

/** Disables services and takes them out of the others' dependencies. */
export function withServicesDisabled(project: Project, names: string[]): Project {
  const services = newServices();
  const disabledServices = newServices(project.disabledServices);
  for (const [name, service] of Object.entries(project.services)) {
    if (names.includes(name)) disabledServices[name] = service;
    else services[name] = withDependencies(service, (other) => !names.includes(other));
  }
  return { ...project, services, disabledServices };
}

function withDependencies(service: ComposeService, keep: (name: string) => boolean): ComposeService {
  const { depends_on: dependencies } = service;
  if (!dependencies || Object.keys(dependencies).every(keep)) return service;
  return { ...service, depends_on: Object.fromEntries(Object.entries(dependencies).filter(([name]) => keep(name))) };
}

/**
 * The named services, or all, each after those that it depends on (or after its dependents); equals by name.
 *
 * @throws ComposeError `no such service: NAME`
 */
export function servicesInOrder(project: Project, names: string[], dependencies: Dependencies = 'include'): ComposeService[] {
  const seen = new Set<string>();
  const found: ComposeService[] = [];
  const visit = (patterns: string[], known: Record<string, ServiceDependency>): void => {
    const { services, missing } = matching(project, patterns);
    const required = missing.find((name) => known[name]?.required ?? true);
    if (required !== undefined) throw new ComposeError(`no such service: ${required}`);
    for (const service of services) {
      if (seen.has(service.name)) continue;
      seen.add(service.name);
      const others = dependenciesOf(project, service, dependencies);
      if (Object.keys(others).length > 0) visit(sortedKeys(others), others);
      found.push(service);
    }
  };
  visit(names, {});
  return found;
}

function matching(project: Project, patterns: string[]): { services: ComposeService[]; missing: string[] } {
  const names = sortedKeys(project.services);
  if (patterns.length === 0) return { services: names.map((name) => project.services[name]!), missing: [] };
  const found = new Set<string>();
  const missing: string[] = [];
  for (const pattern of patterns) {
    const matched = names.filter((name) => matchesName(pattern, name));
    if (matched.length === 0) missing.push(pattern);
    for (const name of matched) found.add(name);
  }
  return { services: [...found].map((name) => project.services[name]!), missing };
}

/** Go's `filepath.Match`, for names. */
function matchesName(pattern: string, name: string): boolean {
  if (!/[*?[\\]/.test(pattern)) return pattern === name;
  // A greedy walk with one step back: no pattern takes longer than its length times the name's.
  let [p, n, star, mark] = [0, 0, -1, 0];
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      mark = n;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++mark;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

function dependenciesOf(project: Project, service: ComposeService, dependencies: Dependencies): Record<string, ServiceDependency> {
  if (dependencies === 'ignore') return {};
  if (dependencies === 'include') return service.depends_on ?? {};
  const dependents = Object.values(project.services).flatMap(({ name, depends_on: others = {} }) => {
    const dependency = others[service.name];
    return dependency ? [[name, dependency] as const] : [];
  });
  return Object.fromEntries(dependents);
}
