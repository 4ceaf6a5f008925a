/**
 * What the flags of `up`, `create` and `scale` make of a project, and of the way it is converged.
 * Source: docker/compose 2.26.1 cmd/compose/{create,up,scale}.go.
 */
import { quote } from '#engine/go-quote.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import { ComposeError } from './compose-error.ts';
import type { ConvergeOptions } from './converge.ts';
import type { ComposeGlobals } from './globals.ts';
import { imageName } from './labels.ts';
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

/** The project with `--pull`, `--build`, `--no-build` and `--scale` in it. @throws ComposeError */
export function withCreateFlags(project: Project, flags: ParsedFlags): Project {
  const pull = flags.changed('pull') ? flags.string('pull') : '';
  if (flags.changed('pull') && !['always', 'missing', 'never', 'build'].includes(pull)) {
    throw new ComposeError(`invalid --pull option ${quote(pull)}`);
  }
  const changed = (service: ComposeService): ComposeService => {
    const next = { ...service };
    if (pull !== '') next.pull_policy = pull;
    if (isSet(flags, 'build') && service.build) next.pull_policy = 'build';
    if (isSet(flags, 'no-build') && service.build) {
      delete next.build;
      next.image = imageName(project, service);
    }
    return next;
  };
  const services = Object.fromEntries(Object.entries(project.services).map(([name, service]) => [name, changed(service)]));
  return withScale({ ...project, services }, flags.list('scale'), '--scale option');
}

/** @param what how a slip is called */
export function withScale(project: Project, scales: readonly string[], what: string): Project {
  const services = { ...project.services };
  for (const scale of scales) {
    const [, name = '', number = ''] = /^([^=]*)=(\d+)$/.exec(scale) ?? [];
    if (number === '') throw new ComposeError(`invalid ${what} ${quote(scale)}. Should be SERVICE=NUM`);
    const service = services[name];
    if (!service) throw new ComposeError(`no such service: ${name}`);
    services[name] = {
      ...service,
      scale: Number(number),
      ...(service.deploy && { deploy: { ...service.deploy, replicas: Number(number) } }),
    };
  }
  return { ...project, services };
}

export function convergeOptions(
  flags: ParsedFlags,
  globals: ComposeGlobals,
  env: Record<string, string>,
): Omit<ConvergeOptions, 'services' | 'startsLater'> {
  const policy = (force: string): RecreatePolicy => {
    if (isSet(flags, 'no-recreate')) return 'never';
    return isSet(flags, force) ? 'force' : 'diverged';
  };
  return {
    recreate: policy('force-recreate'),
    recreateDependencies: policy('always-recreate-deps'),
    inherit: !isSet(flags, 'renew-anon-volumes'),
    removeOrphans: isSet(flags, 'remove-orphans'),
    ignoreOrphans: /^(1|t|true|y|yes)$/i.test(env['COMPOSE_IGNORE_ORPHANS'] ?? ''),
    timeoutSeconds: flags.changed('timeout') ? flags.number('timeout') : undefined,
    envFiles: globals.load.envFiles ?? [],
    quietPull: isSet(flags, 'quiet-pull'),
    build: !isSet(flags, 'no-build'),
    progressMode: globals.progress,
  };
}
