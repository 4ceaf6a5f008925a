/**
 * Visits services after those that they depend on, or before them; what does not depend on each other is visited side
 * by side. The first failure is that of the whole; what has not begun by then does not begin.
 * Source: docker/compose 2.26.1 pkg/compose/dependencies.go.
 */
import { sortedKeys } from './load/model.ts';
import type { Project } from './project.ts';

export async function inDependencyOrder(project: Project, visit: (service: string) => Promise<void>): Promise<void> {
  await walk(project, (name) => dependenciesOf(project, name), visit);
}

export async function inReverseDependencyOrder(project: Project, visit: (service: string) => Promise<void>): Promise<void> {
  const dependents = (name: string): string[] =>
    Object.keys(project.services).filter((other) => dependenciesOf(project, other).includes(name));
  await walk(project, dependents, visit);
}

function dependenciesOf({ services }: Project, name: string): string[] {
  return Object.keys(services[name]?.depends_on ?? {}).filter((other) => other in services);
}

async function walk(project: Project, before: (name: string) => string[], visit: (service: string) => Promise<void>): Promise<void> {
  const visits = new Map<string, Promise<void>>();
  let failed = false;
  const visited = (name: string): Promise<void> => {
    let promise = visits.get(name);
    if (!promise) visits.set(name, (promise = run(name)));
    return promise;
  };
  const run = async (name: string): Promise<void> => {
    await Promise.all(before(name).map(visited));
    if (failed) return;
    try {
      await visit(name);
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const all = sortedKeys(project.services).map(visited);
  try {
    await Promise.all(all);
  } finally {
    // Nothing goes on behind the command's back.
    await Promise.allSettled(all);
  }
}
