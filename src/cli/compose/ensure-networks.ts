/**
 * Makes the project's networks, or sees that those that others made are there.
 * Source: docker/compose 2.26.1 pkg/compose/create.go, ensureNetworks.
 */
import type { ApiClient } from '#engine/api/client.ts';
import type { NetworkCreateRequest, NetworkInspect } from '#engine/api/types/network.ts';
import { errorLine } from '../error-line.ts';
import { ComposeError } from './compose-error.ts';
import { isStatus, type ComposeWork } from './compose-work.ts';
import { COMPOSE_VERSION, NETWORK_LABEL, PROJECT_LABEL, VERSION_LABEL } from './labels.ts';
import { sortedKeys } from './load/model.ts';
import type { ComposeNetwork, Project } from './project.ts';
import { done, failed, working } from './progress.ts';

export async function ensureNetworks(work: ComposeWork, project: Project): Promise<void> {
  for (const key of sortedKeys(project.networks)) {
    const network = project.networks[key]!;
    if (network.external) await findExternal(work.api, network.name ?? key);
    else await ensureNetwork(work, networkRequest(project.name, key, network));
  }
}

/** The body of `POST /networks/create`. */
export function networkRequest(project: string, key: string, network: ComposeNetwork): NetworkCreateRequest & { CheckDuplicate: true } {
  return {
    CheckDuplicate: true,
    Driver: network.driver ?? '',
    Scope: '',
    ...(network.enable_ipv4 !== undefined && { EnableIPv4: network.enable_ipv4 }),
    EnableIPv6: network.enable_ipv6 ?? false,
    IPAM: ipamOf(network),
    Internal: network.internal ?? false,
    Attachable: network.attachable ?? false,
    Ingress: false,
    ConfigOnly: false,
    ConfigFrom: null,
    Options: network.driver_opts ?? null,
    Labels: { ...network.labels, [NETWORK_LABEL]: key, [PROJECT_LABEL]: project, [VERSION_LABEL]: COMPOSE_VERSION },
    Name: network.name ?? key,
  };
}

function ipamOf({ ipam }: ComposeNetwork): NetworkCreateRequest['IPAM'] {
  const { driver = '', config = [] } = ipam ?? {};
  if (driver === '' && config.length === 0) return null;
  const pools = config.map((pool) => ({
    ...(pool.subnet && { Subnet: pool.subnet }),
    ...(pool.ip_range && { IPRange: pool.ip_range }),
    ...(pool.gateway && { Gateway: pool.gateway }),
    ...(pool.aux_addresses && { AuxiliaryAddresses: pool.aux_addresses }),
  }));
  return { Driver: driver, Options: null, Config: pools.length > 0 ? pools : null };
}

/** An id begins with what may be another network's name, and a name may be part of another: only the whole counts. */
async function findExternal(api: ApiClient, name: string): Promise<void> {
  let found = await named(api, name);
  if (found.length === 0) {
    const one = await api.get<NetworkInspect>(`/networks/${encodeURIComponent(name)}`).catch(absent);
    found = one ? [one] : [];
  }
  const matching = found.filter(({ Name, Id }) => Name === name || Id === name);
  if (matching.length === 1) return;
  if (matching.length === 0) throw new ComposeError(`network ${name} declared as external, but could not be found`);
  throw new ComposeError(`multiple networks with name "${name}" were found. Use network ID as \`name\` to avoid ambiguity`);
}

function named(api: ApiClient, name: string): Promise<NetworkInspect[]> {
  return api.get<NetworkInspect[]>('/networks', { query: { filters: JSON.stringify({ name: { [name]: true } }) } });
}

function absent(error: unknown): undefined {
  if (!isStatus(error, 404)) throw error;
}

async function ensureNetwork(work: ComposeWork, request: NetworkCreateRequest): Promise<void> {
  const { api, progress, warn } = work;
  const { Name: name, Labels: labels } = request;
  const project = labels?.[PROJECT_LABEL] ?? '';
  const key = labels?.[NETWORK_LABEL] ?? '';
  const there = await api.get<NetworkInspect>(`/networks/${encodeURIComponent(name)}`).catch(() => undefined);
  if (there && (there.Name === name || there.Id === name)) return checkNetwork(there, project, key, warn);

  const others = (await named(api, name)).filter((network) => network.Name === name);
  if (others.some(({ Labels }) => Labels[PROJECT_LABEL] === project && Labels[NETWORK_LABEL] === key)) return;
  if (others.length > 0) return warn(notOurs(name));

  const id = `Network ${name}`;
  progress.event(working(id, 'Creating'));
  try {
    await api.post('/networks/create', { json: request });
  } catch (error) {
    progress.event(failed(id, 'Error'));
    throw new ComposeError(`failed to create network ${name}: ${errorLine(error)}`);
  }
  progress.event(done(id, 'Created'));
}

function checkNetwork({ Name: name, Labels: labels }: NetworkInspect, project: string, key: string, warn: (message: string) => void): void {
  const owner = labels[PROJECT_LABEL];
  if (owner === undefined) warn(notOurs(name));
  else if (owner !== project) {
    warn(
      `a network with name ${name} exists but was not created for project "${project}".\nSet \`external: true\` to use an existing network`,
    );
  }
  const label = labels[NETWORK_LABEL] ?? '';
  if (label !== key) throw new ComposeError(`network ${name} was found but has incorrect label ${NETWORK_LABEL} set to "${label}"`);
}

function notOurs(name: string): string {
  return `a network with name ${name} exists but was not created by compose.\nSet \`external: true\` to use an existing network`;
}
