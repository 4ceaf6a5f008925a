/**
 * What the flags of `up`, `create` and `scale` make of a project, and of the way it is converged.
 * Source: docker/compose 2.26.1 cmd/compose/{create,up,scale}.go.
 */
import { quote } from '#engine/go-quote.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import { ComposeError } from './compose-error.ts';
import type { ConvergeOptions } from './converge.ts';
import { isYes, type ComposeGlobals } from './globals.ts';
import type { ComposeService, Project } from './project.ts';
import type { RecreatePolicy } from './reconcile.ts';

/** @throws ComposeError for flags that do not go together */
export function checkUpFlags(flags: ParsedFlags): void {
  checkCreateFlags(flags);
  const staying = flags.bool('attach-dependencies') || abortsOnExit(flags) || flags.list('attach').length > 0;
  const words = 'cannot be combined with --abort-on-container-exit, --attach or --attach-dependencies';
  if (flags.bool('wait') && staying) throw new ComposeError(`--wait ${words}`);
  if (flags.bool('detach') && staying) throw new ComposeError(`--detach ${words}`);
  if (flags.bool('always-recreate-deps') && flags.bool('no-recreate')) {
    throw new ComposeError('--always-recreate-deps and --no-recreate are incompatible');
  }
  if (flags.bool('no-build') && flags.bool('watch')) throw new ComposeError('--no-build and --watch are incompatible');
}

/** Not every command has every flag. */
function isSet(flags: ParsedFlags, name: string): boolean {
  return flags.changed(name) && flags.bool(name);
}

export function checkCreateFlags(flags: ParsedFlags): void {
  if (flags.bool('build') && flags.bool('no-build')) throw new ComposeError('--build and --no-build are incompatible');
  if (flags.bool('force-recreate') && flags.bool('no-recreate')) {
    throw new ComposeError('--force-recreate and --no-recreate are incompatible');
  }
}

export function abortsOnExit(flags: ParsedFlags): boolean {
  return flags.bool('abort-on-container-exit') || flags.string('exit-code-from') !== '';
}

/** `COMPOSE_IGNORE_ORPHANS`, which the project's `.env` may say too. Not every command looks at it. */
export function ignoresOrphans({ environment }: Project): boolean {
  return isYes(environment['COMPOSE_IGNORE_ORPHANS']);
}

const PULL_POLICIES = ['always', 'missing', 'if_not_present', 'never', 'build'];

/** The project with `--pull`, `--build` and `--scale` in it. @throws ComposeError */
export function withCreateFlags(project: Project, flags: ParsedFlags): Project {
  const pull = flags.changed('pull') ? flags.string('pull') : '';
  if (flags.changed('pull') && !PULL_POLICIES.includes(pull)) {
    throw new ComposeError(`invalid --pull option ${quote(pull)}`);
  }
  const services = Object.entries(project.services).map(([name, service]): [string, ComposeService] => [
    name,
    pull === '' ? service : { ...service, pull_policy: pull },
  ]);
  const pulled = { ...project, services: Object.fromEntries(services) };
  return withScale(isSet(flags, 'build') ? withBuildForced(pulled) : pulled, scalesOf(flags.list('scale')));
}

/** Images that can be built are, whether or not they are there. */
export function withBuildForced(project: Project): Project {
  const services = Object.entries(project.services).map(([name, service]): [string, ComposeService] => [
    name,
    service.build ? { ...service, pull_policy: 'build' } : service,
  ]);
  return { ...project, services: Object.fromEntries(services) };
}

/** `SERVICE=NUM`, as often as it is given. */
function scalesOf(options: readonly string[]): Map<string, number> {
  return new Map(
    options.map((option): [string, number] => {
      const [name = '', number, ...rest] = option.split('=');
      if (number === undefined || rest.length > 0) {
        throw new ComposeError(`invalid --scale option ${quote(option)}. Should be SERVICE=NUM`);
      }
      if (!isInteger(number)) throw new ComposeError(`strconv.Atoi: parsing ${quote(number)}: invalid syntax`);
      return [name, Number(number)];
    }),
  );
}

export function isInteger(text: string): boolean {
  return /^[+-]?\d+$/.test(text);
}

export function withScale(project: Project, scales: ReadonlyMap<string, number>): Project {
  const services = { ...project.services };
  for (const [name, scale] of scales) {
    const service = services[name];
    if (!service) throw new ComposeError(`no such service: ${name}`);
    services[name] = { ...service, scale, ...(service.deploy && { deploy: { ...service.deploy, replicas: scale } }) };
  }
  return { ...project, services };
}

export function convergeOptions(flags: ParsedFlags, globals: ComposeGlobals): Omit<ConvergeOptions, 'services' | 'startsLater'> {
  const policy = (force: string): RecreatePolicy => {
    if (isSet(flags, 'no-recreate')) return 'never';
    return isSet(flags, force) ? 'force' : 'diverged';
  };
  return {
    recreate: policy('force-recreate'),
    recreateDependencies: policy('always-recreate-deps'),
    inherit: !isSet(flags, 'renew-anon-volumes'),
    removeOrphans: isSet(flags, 'remove-orphans'),
    ignoreOrphans: false,
    timeoutSeconds: flags.changed('timeout') ? flags.number('timeout') : undefined,
    envFiles: globals.load.envFiles ?? [],
    quietPull: isSet(flags, 'quiet-pull'),
    build: !isSet(flags, 'no-build'),
    progressMode: globals.progress,
  };
}
