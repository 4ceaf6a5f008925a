/** Network endpoints. Source: moby api/server/router/network. */
import type { Filters } from '../../filters.ts';
import { empty, json } from '../answer.ts';
import { readJson } from '../body.ts';
import type { ApiResponse } from '../http.ts';
import { filtersParam } from '../query.ts';
import type { ApiCall, Route } from '../router.ts';
import type {
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkCreateResponse,
  NetworkDisconnectRequest,
  NetworkInspect,
  NetworksPruneReport,
} from '../types/network.ts';
import { atLeast } from '../version.ts';
import { connectNetworkShape, createNetworkShape, disconnectNetworkShape } from './network-shapes.ts';

export interface NetworkBackend {
  list(filters: Filters, detailed: boolean): NetworkInspect[];
  inspect(name: string): NetworkInspect;
  create(request: NetworkCreateRequest): Promise<string>;
  connect(name: string, request: NetworkConnectRequest): Promise<void>;
  disconnect(name: string, request: NetworkDisconnectRequest): Promise<void>;
  remove(name: string): Promise<void>;
  prune(filters: Filters): Promise<string[]>;
}

export function networkRoutes(backend: NetworkBackend): Route[] {
  return [
    /** @api  Y  GET /networks  NetworkList  "List networks" */
    {
      method: 'GET',
      pattern: '/networks',
      handler: ({ query, version }) => json(200, backend.list(filtersParam(query), !atLeast(version, '1.28'))),
    },
    /** @api  P[no IPv6, no overlay networks without a swarm]  POST /networks/create  NetworkCreate  "Create a network" */
    { method: 'POST', pattern: '/networks/create', handler: (call) => create(backend, call) },
    /** @api  Y  POST /networks/prune  NetworkPrune  "Delete unused networks" */
    { method: 'POST', pattern: '/networks/prune', handler: (call) => prune(backend, call) },
    /** @api  Y  POST /networks/{id}/connect  NetworkConnect  "Connect a container to a network" */
    { method: 'POST', pattern: '/networks/{id}/connect', handler: (call) => connect(backend, call) },
    /** @api  Y  POST /networks/{id}/disconnect  NetworkDisconnect  "Disconnect a container from a network" */
    { method: 'POST', pattern: '/networks/{id}/disconnect', handler: (call) => disconnect(backend, call) },
    /** @api  Y  GET /networks/{id}  NetworkInspect  "Inspect a network" */
    { method: 'GET', pattern: '/networks/{id}', handler: ({ params }) => json(200, backend.inspect(params['id'] as string)) },
    /** @api  Y  DELETE /networks/{id}  NetworkDelete  "Remove a network" */
    { method: 'DELETE', pattern: '/networks/{id}', handler: (call) => remove(backend, call) },
  ];
}

async function create(backend: NetworkBackend, call: ApiCall): Promise<ApiResponse> {
  const request = await readJson<Partial<NetworkCreateRequest>>(call, createNetworkShape, 'CreateRequest');
  const response: NetworkCreateResponse = { Id: await backend.create({ ...request, Name: request?.Name ?? '' }), Warning: '' };
  return json(201, response);
}

async function prune(backend: NetworkBackend, { query }: ApiCall): Promise<ApiResponse> {
  const removed = await backend.prune(filtersParam(query));
  const response: NetworksPruneReport = { NetworksDeleted: removed.length > 0 ? removed : null };
  return json(200, response);
}

async function connect(backend: NetworkBackend, call: ApiCall): Promise<ApiResponse> {
  const request = await readJson<Partial<NetworkConnectRequest>>(call, connectNetworkShape, 'ConnectOptions');
  await backend.connect(call.params['id'] as string, { ...request, Container: request?.Container ?? '' });
  return empty(200);
}

async function disconnect(backend: NetworkBackend, call: ApiCall): Promise<ApiResponse> {
  const request = await readJson<Partial<NetworkDisconnectRequest>>(call, disconnectNetworkShape, 'DisconnectOptions');
  await backend.disconnect(call.params['id'] as string, { ...request, Container: request?.Container ?? '' });
  return empty(200);
}

async function remove(backend: NetworkBackend, { params }: ApiCall): Promise<ApiResponse> {
  await backend.remove(params['id'] as string);
  return empty(204);
}
