/**
 * The containers of a project, found by their labels; no file of the project is needed for them.
 * Source: docker/compose 2.26.1 pkg/compose/{containers,filters}.go.
 */
import type { ApiClient } from '#engine/api/client.ts';
import { quote } from '#engine/go-quote.ts';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { CommandContext } from '../command.ts';
import { addFilter, filtersParameter, type Filters } from '../options/filter.ts';
import { ComposeError } from './compose-error.ts';
import { globalsOf } from './globals.ts';
import { HASH_LABEL, NUMBER_LABEL, ONEOFF_LABEL, PROJECT_LABEL, SERVICE_LABEL } from './labels.ts';
import { loadProject } from './load/load-project.ts';
import { checkProjectName } from './load/project-name.ts';
import type { Project } from './project.ts';

/** Whether containers of `docker compose run` are among them. */
export type OneOff = 'include' | 'exclude' | 'only';

export interface ContainerSelection {
  oneOff: OneOff;
  /** Those that do not run too. */
  all: boolean;
  /** None for all. */
  services?: string[];
}

export async function projectContainers(api: ApiClient, project: string, selection: ContainerSelection): Promise<ContainerSummary[]> {
  const { services = [] } = selection;
  const containers = await list(api, selection, filtersOf(project, selection));
  return services.length > 1 ? containers.filter((container) => services.includes(serviceOf(container))) : containers;
}

/**
 * The container of a service with that number, or its first; one made by `run` comes last.
 *
 * @throws ComposeError
 */
export async function serviceContainer(
  api: ApiClient,
  project: string,
  service: string,
  index: number,
  selection: Omit<ContainerSelection, 'services'>,
): Promise<ContainerSummary> {
  const filters = filtersOf(project, { ...selection, services: [service] });
  const numbered = index > 0 ? addFilter(filters, 'label', `${NUMBER_LABEL}=${index}`) : filters;
  const [first] = (await list(api, selection, numbered)).sort(
    (a, b) => Number(isOneOff(a)) - Number(isOneOff(b)) || numberOf(a) - numberOf(b),
  );
  if (first) return first;
  throw new ComposeError(`service ${quote(service)} is not running${index > 0 ? ` container #${index}` : ''}`);
}

function filtersOf(project: string, { oneOff, services = [] }: ContainerSelection): Filters {
  let filters = addFilter({}, 'label', `${PROJECT_LABEL}=${project}`);
  if (services.length === 1) filters = addFilter(filters, 'label', `${SERVICE_LABEL}=${services[0]}`);
  filters = addFilter(filters, 'label', HASH_LABEL);
  return oneOff === 'include' ? filters : addFilter(filters, 'label', `${ONEOFF_LABEL}=${oneOff === 'only' ? 'True' : 'False'}`);
}

function list(api: ApiClient, { all }: { all: boolean }, filters: Filters): Promise<ContainerSummary[]> {
  return api.get<ContainerSummary[]>('/containers/json', { query: { all: all ? 1 : undefined, filters: filtersParameter(filters) } });
}

export function serviceOf({ Labels }: ContainerSummary): string {
  return Labels?.[SERVICE_LABEL] ?? '';
}

export function numberOf({ Labels }: ContainerSummary): number {
  return Number(Labels?.[NUMBER_LABEL] ?? 0);
}

export function isOneOff({ Labels }: ContainerSummary): boolean {
  return Labels?.[ONEOFF_LABEL] === 'True';
}

/** `demo-web-1`. */
export function nameOf({ Names }: ContainerSummary): string {
  const own = Names.find((name) => !name.slice(1).includes('/')) ?? Names[0] ?? '';
  return own.replace(/^\//, '');
}

/** `web-1`; a container that has a name of its own keeps it. */
export function nameWithoutProject(container: ContainerSummary): string {
  const name = nameOf(container);
  const project = container.Labels?.[PROJECT_LABEL] ?? '';
  const given = [project, serviceOf(container), container.Labels?.[NUMBER_LABEL]].join('-');
  return name === given ? name.slice(project.length + 1) : name;
}

export interface NamedProject {
  name: string;
  /** Not read when only a name was given. */
  project?: Project;
}

/**
 * The project that the command is about. Its files are read unless `--project-name` says all that is needed.
 *
 * @throws ComposeError
 */
export async function projectOrName(context: CommandContext, services: string[] = []): Promise<NamedProject> {
  const { load } = await globalsOf(context);
  if (load.projectName) checkProjectName(load.projectName, 1);
  if (load.projectName && load.files?.length === 0) return { name: load.projectName };
  try {
    const project = await loadProject({ ...load, services });
    return { name: project.name, project };
  } catch (error) {
    const name = load.environment['COMPOSE_PROJECT_NAME'];
    if (!name || !(error instanceof ComposeError)) throw error;
    return { name };
  }
}

/** The project's name alone: a variable is enough too. */
export async function projectName(context: CommandContext): Promise<string> {
  const { load } = await globalsOf(context);
  const given = load.projectName || load.environment['COMPOSE_PROJECT_NAME'];
  if (!given) return (await loadProject(load)).name;
  checkProjectName(given, 1);
  return given;
}
