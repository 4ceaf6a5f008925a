/**
 * Whether what a project's parts say of each other fits: names that must be there, values that exclude each other,
 * circles of dependencies. Services are looked at by name; Compose takes them at random.
 * Source: compose-go v2.6.3 loader/validate.go, graph.
 */
import { quote } from '#engine/go-quote.ts';
import { ComposeError } from '../compose-error.ts';
import type { ComposeService, Project } from '../project.ts';
import { sortedKeys } from './model.ts';

/** @throws ComposeError about the first thing that does not fit */
export function checkConsistency(project: Project): void {
  for (const name of sortedKeys(project.services)) {
    const service = project.services[name]!;
    checkBuild(service, project);
    checkReferences(service, project);
    checkScale(service);
    checkDoubleValues(service);
    checkNames(service);
    checkMounts(service);
  }
  for (const name of sortedKeys(project.secrets)) {
    const secret = project.secrets[name]!;
    if (secret.external || secret.file || secret.environment) continue;
    throw invalid(`secret ${quote(name)} must declare either \`file\` or \`environment\``);
  }
  checkCycles(project);
}

function invalid(message: string): ComposeError {
  return new ComposeError(`${message}: invalid compose project`, 15);
}

function failed(message: string): ComposeError {
  return new ComposeError(message, 15);
}

function checkBuild(service: ComposeService, project: Project): void {
  const { build, image, provider, platform } = service;
  const name = quote(service.name);
  if (!build && !image && !provider) throw invalid(`service ${name} has neither an image nor a build context specified`);
  if (!build) return;
  if (build.dockerfile_inline && build.dockerfile) {
    throw invalid(`service ${name} declares mutualy exclusive dockerfile and dockerfile_inline`);
  }
  for (const [context, value] of Object.entries(build.additional_contexts ?? {})) {
    if (!value.startsWith('service:')) continue;
    const target = value.slice('service:'.length);
    const other = project.services[target];
    if (!other) throw failed(`service ${name} declares unknown service ${quote(target)} as additional contexts ${context}`);
    if (!other.build) throw failed(`service ${name} declares non-buildable service ${quote(target)} as additional contexts ${context}`);
  }
  const { platforms = [] } = build;
  if (platforms.length > 0 && platform && !platforms.includes(platform)) {
    throw invalid(`service.build.platforms MUST include service.platform ${quote(platform)}`);
  }
}

function checkReferences(service: ComposeService, project: Project): void {
  const name = quote(service.name);
  const refers = (what: string, key = ''): ComposeError => invalid(`service ${name} refers to undefined ${what} ${key}`);
  const networks = sortedKeys(service.networks ?? {});
  if (service.network_mode && networks.length > 0) {
    throw invalid(`service ${service.name} declares mutually exclusive \`network_mode\` and \`networks\``);
  }
  for (const network of networks) if (!(network in project.networks)) throw refers('network', network);

  const [test] = service.healthcheck?.test ?? [];
  if (test !== undefined && !['CMD', 'CMD-SHELL', 'NONE'].includes(test)) {
    throw failed('healthcheck.test must start either by "CMD", "CMD-SHELL" or "NONE"');
  }
  for (const [other, { required }] of Object.entries(service.depends_on ?? {}).sort()) {
    if (other in project.services || (other in project.disabledServices && !required)) continue;
    throw invalid(`service ${name} depends on undefined service ${quote(other)}`);
  }
  if (service.network_mode?.startsWith('service:')) {
    const other = service.network_mode.slice('service:'.length);
    if (!(other in project.services)) throw failed(`service ${quote(other)} not found for network_mode 'service:${other}'`);
  }
  for (const { type, source } of service.volumes ?? []) {
    if (type === 'volume' && source && !(source in project.volumes)) throw refers('volume', source);
  }
  for (const { source = '' } of service.build?.secrets ?? []) if (!(source in project.secrets)) throw refers('build secret', source);
  for (const { source = '' } of service.configs ?? []) if (!(source in project.configs)) throw refers('config', source);
  for (const { source = '' } of service.secrets ?? []) if (!(source in project.secrets)) throw refers('secret', source);
}

function checkScale({ name, scale, deploy }: ComposeService): void {
  if (scale !== undefined && deploy) {
    if (deploy.replicas !== undefined && scale !== deploy.replicas) {
      throw invalid(`services.${name}: can't set distinct values on 'scale' and 'deploy.replicas'`);
    }
    deploy.replicas = scale;
  }
  if (scale !== undefined && scale < 0) throw failed(`services.${name}.scale: must be greater than or equal to 0`);
  if ((deploy?.replicas ?? 0) < 0) throw failed(`services.${name}.deploy.replicas: must be greater than or equal to 0`);
}

/** What a service says twice, in the old keys and in `deploy`. */
function checkDoubleValues(service: ComposeService): void {
  const { limits, reservations } = service.deploy?.resources ?? {};
  const check = (value: number | undefined, other: number | undefined, isThere: boolean, key: string, otherKey: string): void => {
    if (!value || !isThere || (other ?? 0) === value) return;
    throw invalid(`services.${service.name}: can't set distinct values on '${key}' and 'deploy.resources.${otherKey}'`);
  };
  check(service.cpus, limits?.cpus, limits !== undefined, 'cpus', 'limits.cpus');
  check(service.mem_limit, limits?.memory, limits !== undefined, 'mem_limit', 'limits.memory');
  check(service.mem_reservation, reservations?.memory, reservations !== undefined, 'mem_reservation', 'reservations.memory');
  check(service.pids_limit, limits?.pids, limits !== undefined, 'pids_limit', 'limits.pids');
}

function checkNames({ name, scale, deploy, container_name: containerName, develop }: ComposeService): void {
  if ((scale ?? deploy?.replicas ?? 1) > 1 && containerName) {
    const key = scale === undefined ? 'deploy.replicas' : 'scale';
    // Compose has the two the wrong way round.
    throw invalid(`services.${key}: can't set container_name and ${name} as container name must be unique`);
  }
  for (const { target, action } of develop?.watch ?? []) {
    if (target || action === 'rebuild' || action === 'restart') continue;
    throw invalid(`services.${name}.develop.watch: target is required for non-rebuild actions`);
  }
}

function checkMounts({ name, tmpfs = [], volumes = [] }: ComposeService): void {
  const mounts = new Map<string, string>();
  const add = (target: string, place: string): void => {
    const other = mounts.get(target);
    if (other !== undefined) throw failed(`${place}: target ${target} already mounted as ${other}`);
    mounts.set(target, place);
  };
  for (const [index, entry] of tmpfs.entries()) add(entry.split(':', 1)[0] ?? '', `services.${name}.tmpfs[${index}]`);
  for (const [index, { target = '' }] of volumes.entries()) add(target, `services.${name}.volumes[${index}]`);
}

function checkCycles(project: Project): void {
  const children = new Map<string, string[]>();
  for (const name of sortedKeys(project.services)) {
    const dependencies = project.services[name]!.depends_on ?? {};
    const present = sortedKeys(dependencies).filter((other) => {
      if (other in project.services) return true;
      if (!dependencies[other]!.required) return false;
      const disabled = project.disabledServices[other];
      if (!disabled) throw failed(`service ${quote(name)} depends on unknown service ${quote(other)}`);
      const profiles = `[${(disabled.profiles ?? []).join(' ')}]`;
      throw failed(`service ${quote(other)} is required by ${quote(name)} but is disabled. Can be enabled by profiles ${profiles}`);
    });
    children.set(name, present);
  }
  const finished = new Set<string>();
  const visit = (path: string[], name: string): void => {
    for (const child of children.get(name) ?? []) {
      const at = path.indexOf(child);
      if (at >= 0) throw failed(`dependency cycle detected: ${path.slice(at).join(' -> ')} -> ${child}`);
      if (!finished.has(child)) visit([...path, child], child);
    }
    finished.add(name);
  };
  for (const name of children.keys()) visit([name], name);
}
