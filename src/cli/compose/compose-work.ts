/** What the steps of a command that changes things are given, and the requests that several of them make. */
import { ApiError, type ApiClient } from '#engine/api/client.ts';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { CommandContext } from '../command.ts';
import { HASH_LABEL, NUMBER_LABEL, ONEOFF_LABEL, PROJECT_LABEL, SERVICE_LABEL } from './labels.ts';
import type { ProgressWriter } from './progress.ts';

export interface ComposeWork {
  context: CommandContext;
  api: ApiClient;
  progress: ProgressWriter;
  /** A warning in the client's log. */
  warn: (message: string) => void;
}

export interface ContainerSelection {
  /** Stopped ones too. */
  all?: boolean;
  /** One-off containers of `run`; unless said, they are left out. */
  oneOff?: 'include' | 'exclude' | 'only';
  /** Empty for all. */
  services?: readonly string[];
}

/** The containers of a project, newest first as the daemon lists them. */
export async function projectContainers(api: ApiClient, project: string, selection: ContainerSelection = {}): Promise<ContainerSummary[]> {
  const { all = true, oneOff = 'exclude', services = [] } = selection;
  const labels = [
    HASH_LABEL,
    ...(oneOff === 'exclude' ? [`${ONEOFF_LABEL}=False`] : oneOff === 'only' ? [`${ONEOFF_LABEL}=True`] : []),
    `${PROJECT_LABEL}=${project}`,
    // The daemon wants all of the labels: more than one service is told apart here.
    ...(services.length === 1 ? [`${SERVICE_LABEL}=${services[0]!}`] : []),
  ];
  const query = { ...(all && { all: 1 }), filters: labelFilter(labels) };
  const containers = await api.get<ContainerSummary[]>('/containers/json', { query });
  return services.length > 1 ? containers.filter(({ Labels }) => services.includes(Labels[SERVICE_LABEL] ?? '')) : containers;
}

export function labelFilter(labels: readonly string[]): string {
  return JSON.stringify({ label: Object.fromEntries([...labels].sort().map((label) => [label, true])) });
}

/** The name without the slash; the daemon lists names by which links know it too. */
export function nameOf({ Names: names, Id }: Pick<ContainerSummary, 'Names' | 'Id'>): string {
  const own = names.find((name) => name.lastIndexOf('/') === 0) ?? names[0];
  return own?.slice(1) ?? Id.slice(0, 12);
}

/** As progress calls it: `Container demo-web-1`. */
export function progressName(container: Pick<ContainerSummary, 'Names' | 'Id'>): string {
  return `Container ${nameOf(container)}`;
}

/** As logs call it: `web-1`, or its whole name where `container_name` gives another. */
export function shortName(container: ContainerSummary): string {
  const { Labels: labels } = container;
  const name = nameOf(container);
  const project = labels[PROJECT_LABEL] ?? '';
  const usual = `${project}-${labels[SERVICE_LABEL] ?? ''}-${labels[NUMBER_LABEL] ?? ''}`;
  return name === usual ? name.slice(project.length + 1) : name;
}

export function isStatus(error: unknown, ...statuses: number[]): boolean {
  return error instanceof ApiError && statuses.includes(error.status);
}
