/**
 * The rest of Docker's API: what a node without plugins, build cache and swarm answers, and endpoints that
 * Drydock refuses by name instead of with "page not found". Routes that exist elsewhere come before these.
 */
import { EngineError } from '../../errors.ts';
import { fullString, parseNormalizedNamed, tagNameOnly } from '../../oci/reference.ts';
import { json } from '../answer.ts';
import { textParam } from '../query.ts';
import type { ApiCall, Method, Route } from '../router.ts';

export function notYetRoutes(): Route[] {
  return [...emptyRoutes, ...pluginRoutes, ...swarmRoutes, volumeUpdate, ...refusedRoutes];
}

/** True as long as nothing of the kind can be made. */
const emptyRoutes: Route[] = [
  /** @api  P[there are none]  GET /plugins  PluginList  "List plugins" */
  { method: 'GET', pattern: '/plugins', handler: () => json(200, []) },
  /** @api  P[there are none]  GET /plugins/privileges  GetPluginPrivileges  "Get plugin privileges" */
  { method: 'GET', pattern: '/plugins/privileges', handler: () => json(200, []) },
  /** @api  P[there are none]  POST /plugins/pull  PluginPull  "Install a plugin" */
  { method: 'POST', pattern: '/plugins/pull', handler: pluginNotFound },
];

const pluginRoutes: Route[] = (
  [
    /** @api  P[there are none]  GET /plugins/{name}/json  PluginInspect  "Inspect a plugin" */
    ['GET', '/plugins/{name}/json'],
    /** @api  P[there are none]  DELETE /plugins/{name}  PluginDelete  "Remove a plugin" */
    ['DELETE', '/plugins/{name}'],
    /** @api  P[there are none]  POST /plugins/{name}/enable  PluginEnable  "Enable a plugin" */
    ['POST', '/plugins/{name}/enable'],
    /** @api  P[there are none]  POST /plugins/{name}/disable  PluginDisable  "Disable a plugin" */
    ['POST', '/plugins/{name}/disable'],
    /** @api  P[there are none]  POST /plugins/{name}/upgrade  PluginUpgrade  "Upgrade a plugin" */
    ['POST', '/plugins/{name}/upgrade'],
    /** @api  P[there are none]  POST /plugins/{name}/push  PluginPush  "Push a plugin" */
    ['POST', '/plugins/{name}/push'],
    /** @api  P[there are none]  POST /plugins/{name}/set  PluginSet  "Configure a plugin" */
    ['POST', '/plugins/{name}/set'],
  ] satisfies [Method, string][]
).map(([method, pattern]) => ({
  method: method as Method,
  pattern,
  handler: ({ params }) => fail('not-found', `plugin ${JSON.stringify(params['name'])} not found`),
}));

/** No registry that can be reached has plugins. */
function pluginNotFound({ query }: ApiCall): never {
  const reference = fullString(tagNameOnly(parseNormalizedNamed(textParam(query, 'remote'))));
  return fail('not-found', `error resolving plugin reference: ${reference}: not found`);
}

const noSwarm =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

const swarmRoutes: Route[] = (
  [
    /** @api  P[never part of a swarm yet]  GET /swarm  SwarmInspect  "Inspect swarm" */
    ['GET', '/swarm'],
    /** @api  P[never part of a swarm yet]  GET /swarm/unlockkey  SwarmUnlockkey  "Get the unlock key" */
    ['GET', '/swarm/unlockkey'],
    /** @api  P[never part of a swarm yet]  POST /swarm/update  SwarmUpdate  "Update a swarm" */
    ['POST', '/swarm/update'],
    /** @api  P[never part of a swarm yet]  GET /nodes  NodeList  "List nodes" */
    ['GET', '/nodes'],
    /** @api  P[never part of a swarm yet]  GET /nodes/{id}  NodeInspect  "Inspect a node" */
    ['GET', '/nodes/{id}'],
    /** @api  P[never part of a swarm yet]  DELETE /nodes/{id}  NodeDelete  "Delete a node" */
    ['DELETE', '/nodes/{id}'],
    /** @api  P[never part of a swarm yet]  POST /nodes/{id}/update  NodeUpdate  "Update a node" */
    ['POST', '/nodes/{id}/update'],
    /** @api  P[never part of a swarm yet]  GET /services  ServiceList  "List services" */
    ['GET', '/services'],
    /** @api  P[never part of a swarm yet]  POST /services/create  ServiceCreate  "Create a service" */
    ['POST', '/services/create'],
    /** @api  P[never part of a swarm yet]  GET /services/{id}/logs  ServiceLogs  "Get service logs" */
    ['GET', '/services/{id}/logs'],
    /** @api  P[never part of a swarm yet]  GET /services/{id}  ServiceInspect  "Inspect a service" */
    ['GET', '/services/{id}'],
    /** @api  P[never part of a swarm yet]  DELETE /services/{id}  ServiceDelete  "Delete a service" */
    ['DELETE', '/services/{id}'],
    /** @api  P[never part of a swarm yet]  POST /services/{id}/update  ServiceUpdate  "Update a service" */
    ['POST', '/services/{id}/update'],
    /** @api  P[never part of a swarm yet]  GET /tasks  TaskList  "List tasks" */
    ['GET', '/tasks'],
    /** @api  P[never part of a swarm yet]  GET /tasks/{id}/logs  TaskLogs  "Get task logs" */
    ['GET', '/tasks/{id}/logs'],
    /** @api  P[never part of a swarm yet]  GET /tasks/{id}  TaskInspect  "Inspect a task" */
    ['GET', '/tasks/{id}'],
    /** @api  P[never part of a swarm yet]  GET /secrets  SecretList  "List secrets" */
    ['GET', '/secrets'],
    /** @api  P[never part of a swarm yet]  POST /secrets/create  SecretCreate  "Create a secret" */
    ['POST', '/secrets/create'],
    /** @api  P[never part of a swarm yet]  GET /secrets/{id}  SecretInspect  "Inspect a secret" */
    ['GET', '/secrets/{id}'],
    /** @api  P[never part of a swarm yet]  DELETE /secrets/{id}  SecretDelete  "Delete a secret" */
    ['DELETE', '/secrets/{id}'],
    /** @api  P[never part of a swarm yet]  POST /secrets/{id}/update  SecretUpdate  "Update a Secret" */
    ['POST', '/secrets/{id}/update'],
    /** @api  P[never part of a swarm yet]  GET /configs  ConfigList  "List configs" */
    ['GET', '/configs'],
    /** @api  P[never part of a swarm yet]  POST /configs/create  ConfigCreate  "Create a config" */
    ['POST', '/configs/create'],
    /** @api  P[never part of a swarm yet]  GET /configs/{id}  ConfigInspect  "Inspect a config" */
    ['GET', '/configs/{id}'],
    /** @api  P[never part of a swarm yet]  DELETE /configs/{id}  ConfigDelete  "Delete a config" */
    ['DELETE', '/configs/{id}'],
    /** @api  P[never part of a swarm yet]  POST /configs/{id}/update  ConfigUpdate  "Update a Config" */
    ['POST', '/configs/{id}/update'],
  ] satisfies [Method, string][]
).map(([method, pattern]) => ({ method: method as Method, pattern, handler: () => fail('unavailable', noSwarm) }));

const volumeUpdate: Route = {
  /** @api  P[never part of a swarm yet]  PUT /volumes/{name}  VolumeUpdate  "Update a volume. Valid only for Swarm cluster volumes" */
  method: 'PUT',
  pattern: '/volumes/{name}',
  handler: () => fail('unavailable', 'volume update only valid for cluster volumes, but swarm is unavailable'),
};

const refusedRoutes: Route[] = (
  [
    /** @api  N  GET /containers/{id}/attach/ws  ContainerAttachWebsocket  "Attach to a container via a websocket" */
    ['GET', '/containers/{id}/attach/ws', 'attaching over a websocket'],
    /** @api  N  POST /swarm/init  SwarmInit  "Initialize a new swarm" */
    ['POST', '/swarm/init', 'docker swarm init'],
    /** @api  N  POST /swarm/join  SwarmJoin  "Join an existing swarm" */
    ['POST', '/swarm/join', 'docker swarm join'],
    /** @api  N  POST /swarm/leave  SwarmLeave  "Leave a swarm" */
    ['POST', '/swarm/leave', 'docker swarm leave'],
    /** @api  N  POST /swarm/unlock  SwarmUnlock  "Unlock a locked manager" */
    ['POST', '/swarm/unlock', 'docker swarm unlock'],
    /** @api  N  POST /plugins/create  PluginCreate  "Create a plugin" */
    ['POST', '/plugins/create', 'docker plugin create'],
  ] satisfies [Method, string, string][]
).map(([method, pattern, what]) => ({
  method: method as Method,
  pattern,
  handler: () => fail('not-implemented', `${what} is not supported by Drydock yet`),
}));

function fail(kind: 'not-found' | 'unavailable' | 'not-implemented', message: string): never {
  throw new EngineError(kind, message);
}
