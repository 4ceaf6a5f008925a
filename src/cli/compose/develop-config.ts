/** What is to be watched of a service, also where it is said as it was before `develop` was. Source: docker/compose 2.26.1 pkg/compose/watch.go, loadDevelopmentConfig. */
import { joinPath } from '#engine/go-path.ts';
import { ComposeError } from './compose-error.ts';
import { isAbsolutePath } from './load/paths.ts';
import type { ComposeService, Project, WatchTrigger } from './project.ts';

/** @returns undefined where nothing is said */
export function triggersOf(project: Project, service: ComposeService, warn: (message: string) => void): WatchTrigger[] | undefined {
  const old = service.extensions?.['x-develop'];
  if (old === undefined) return service.develop && (service.develop.watch ?? []);
  warn('x-develop is DEPRECATED, please use the official `develop` attribute');
  const triggers = oldTriggers(project, old);
  if (!service.build && triggers.some(({ action }) => action === 'rebuild')) {
    throw new ComposeError(`service ${service.name} doesn't have a build section, can't apply 'rebuild' on watch`);
  }
  return service.develop ? (service.develop.watch ?? []) : triggers;
}

/** Extensions are not looked at when a project is loaded. */
function oldTriggers({ workingDirectory }: Project, extension: unknown): WatchTrigger[] {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return listIn(extension, 'watch').map((entry) => {
    const { path, action, target } = entry as Record<string, unknown>;
    const trigger = { path: text(path), action: text(action), ...(target !== undefined && { target: text(target) }) };
    const absolute = isAbsolutePath(trigger.path) ? joinPath(trigger.path) : joinPath(workingDirectory, trigger.path);
    return { ...trigger, path: absolute, ignore: listIn(entry, 'ignore').map(text) };
  });
}

function listIn(value: unknown, key: string): unknown[] {
  const list = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return Array.isArray(list) ? list : [];
}
