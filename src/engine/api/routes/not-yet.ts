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
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /swarm  SwarmInspect  "Inspect swarm" */
    ['GET', '/swarm'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /swarm/unlockkey  SwarmUnlockkey  "Get the unlock key" */
    ['GET', '/swarm/unlockkey'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  POST /swarm/update  SwarmUpdate  "Update a swarm" */
    ['POST', '/swarm/update'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /nodes  NodeList  "List nodes" */
    ['GET', '/nodes'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /nodes/{id}  NodeInspect  "Inspect a node" */
    ['GET', '/nodes/{id}'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  DELETE /nodes/{id}  NodeDelete  "Delete a node" */
    ['DELETE', '/nodes/{id}'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  POST /nodes/{id}/update  NodeUpdate  "Update a node" */
    ['POST', '/nodes/{id}/update'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /services  ServiceList  "List services" */
    ['GET', '/services'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  POST /services/create  ServiceCreate  "Create a service" */
    ['POST', '/services/create'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /services/{id}/logs  ServiceLogs  "Get service logs" */
    ['GET', '/services/{id}/logs'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /services/{id}  ServiceInspect  "Inspect a service" */
    ['GET', '/services/{id}'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  DELETE /services/{id}  ServiceDelete  "Delete a service" */
    ['DELETE', '/services/{id}'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  POST /services/{id}/update  ServiceUpdate  "Update a service" */
    ['POST', '/services/{id}/update'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /tasks  TaskList  "List tasks" */
    ['GET', '/tasks'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /tasks/{id}/logs  TaskLogs  "Get task logs" */
    ['GET', '/tasks/{id}/logs'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /tasks/{id}  TaskInspect  "Inspect a task" */
    ['GET', '/tasks/{id}'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /secrets  SecretList  "List secrets" */
    ['GET', '/secrets'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  POST /secrets/create  SecretCreate  "Create a secret" */
    ['POST', '/secrets/create'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /secrets/{id}  SecretInspect  "Inspect a secret" */
    ['GET', '/secrets/{id}'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  DELETE /secrets/{id}  SecretDelete  "Delete a secret" */
    ['DELETE', '/secrets/{id}'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  POST /secrets/{id}/update  SecretUpdate  "Update a Secret" */
    ['POST', '/secrets/{id}/update'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /configs  ConfigList  "List configs" */
    ['GET', '/configs'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  POST /configs/create  ConfigCreate  "Create a config" */
    ['POST', '/configs/create'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  GET /configs/{id}  ConfigInspect  "Inspect a config" */
    ['GET', '/configs/{id}'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  DELETE /configs/{id}  ConfigDelete  "Delete a config" */
    ['DELETE', '/configs/{id}'],
    /** @api  N[there is no swarm in this version: refused in Docker's words]  POST /configs/{id}/update  ConfigUpdate  "Update a Config" */
    ['POST', '/configs/{id}/update'],
  ] satisfies [Method, string][]
).map(([method, pattern]) => ({ method: method as Method, pattern, handler: () => fail('unavailable', noSwarm) }));

const volumeUpdate: Route = {
  /** @api  N[there is no swarm in this version: refused in Docker's words]  PUT /volumes/{name}  VolumeUpdate  "Update a volume. Valid only for Swarm cluster volumes" */
  method: 'PUT',
  pattern: '/volumes/{name}',
  handler: () => fail('unavailable', 'volume update only valid for cluster volumes, but swarm is unavailable'),
};

const refusedRoutes: Route[] = (
  [
    /** @api  N[there is no swarm in this version]  POST /swarm/init  SwarmInit  "Initialize a new swarm" */
    ['POST', '/swarm/init', 'docker swarm init'],
    /** @api  N[there is no swarm in this version]  POST /swarm/join  SwarmJoin  "Join an existing swarm" */
    ['POST', '/swarm/join', 'docker swarm join'],
    /** @api  N[there is no swarm in this version]  POST /swarm/leave  SwarmLeave  "Leave a swarm" */
    ['POST', '/swarm/leave', 'docker swarm leave'],
    /** @api  N[there is no swarm in this version]  POST /swarm/unlock  SwarmUnlock  "Unlock a locked manager" */
    ['POST', '/swarm/unlock', 'docker swarm unlock'],
    /** @api  N[no plugins are run]  POST /plugins/create  PluginCreate  "Create a plugin" */
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
