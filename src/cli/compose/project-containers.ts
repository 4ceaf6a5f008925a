/**
 * The containers of a project, found by their labels; no file of the project is needed for them.
 * Source: docker/compose 2.26.1 pkg/compose/{containers,filters}.go.
 */
import type { ApiClient } from '#engine/api/client.ts';
import { quote } from '#engine/go-quote.ts';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { addFilter, filtersParameter, type Filters } from '../options/filter.ts';
import { ComposeError } from './compose-error.ts';
import { HASH_LABEL, NUMBER_LABEL, ONEOFF_LABEL, PROJECT_LABEL, SERVICE_LABEL } from './labels.ts';

/** Whether containers of `docker compose run` are among them. */
export type OneOff = 'include' | 'exclude' | 'only';

export interface ContainerSelection {
  /** Unless said, they are left out. */
  oneOff?: OneOff;
  /** Those that do not run too; unless said, they are among them. */
  all?: boolean;
  /** None for all. */
  services?: readonly string[];
}

/** The containers of a project, newest first as the daemon lists them. */
export async function projectContainers(api: ApiClient, project: string, selection: ContainerSelection = {}): Promise<ContainerSummary[]> {
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

function filtersOf(project: string, { oneOff = 'exclude', services = [] }: ContainerSelection): Filters {
  let filters = addFilter({}, 'label', `${PROJECT_LABEL}=${project}`);
  if (services.length === 1) filters = addFilter(filters, 'label', `${SERVICE_LABEL}=${services[0]}`);
  filters = addFilter(filters, 'label', HASH_LABEL);
  return oneOff === 'include' ? filters : addFilter(filters, 'label', `${ONEOFF_LABEL}=${oneOff === 'only' ? 'True' : 'False'}`);
}

function list(api: ApiClient, { all = true }: ContainerSelection, filters: Filters): Promise<ContainerSummary[]> {
  return api.get<ContainerSummary[]>('/containers/json', { query: { all: all ? 1 : undefined, filters: filtersParameter(filters) } });
}

export function serviceOf({ Labels }: Pick<ContainerSummary, 'Labels'>): string {
  return Labels?.[SERVICE_LABEL] ?? '';
}

export function numberOf({ Labels }: ContainerSummary): number {
  const number = Number(Labels?.[NUMBER_LABEL]);
  return Number.isInteger(number) ? number : 0;
}

export function isOneOff({ Labels }: ContainerSummary): boolean {
  return Labels?.[ONEOFF_LABEL] === 'True';
}

/** `demo-web-1`: without the slash; the daemon lists names by which links know it too. */
export function nameOf({ Names, Id }: Pick<ContainerSummary, 'Names' | 'Id'>): string {
  const own = Names.find((name) => !name.slice(1).includes('/')) ?? Names[0];
  return own?.replace(/^\//, '') ?? Id.slice(0, 12);
}

/** As progress calls it: `Container demo-web-1`. */
export function progressName(container: Pick<ContainerSummary, 'Names' | 'Id'>): string {
  return `Container ${nameOf(container)}`;
}

/** `web-1`; a container that has a name of its own keeps it. */
export function nameWithoutProject(container: Pick<ContainerSummary, 'Names' | 'Id' | 'Labels'>): string {
  const name = nameOf(container);
  const project = container.Labels?.[PROJECT_LABEL] ?? '';
  const given = [project, serviceOf(container), container.Labels?.[NUMBER_LABEL]].join('-');
  return name === given ? name.slice(project.length + 1) : name;
}
