/** Shows where a container's ports are published. */
import type { ContainerInspect, PortBinding } from '#engine/api/types/container.ts';
import { messageOf } from '#engine/errors.ts';
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { joinHostPort } from '../options/ip-address.ts';
import { parseUnsigned } from '../units/number.ts';
import { containerPath } from './container-path.ts';
import { compareNaturally } from './natural-order.ts';

/** @cli  Y  docker container port  "List port mappings or a specific mapping for the container" */
export const portCommand: Command = {
  path: ['container', 'port'],
  async run(context) {
    const [name = '', wanted = ''] = context.args;
    const { NetworkSettings } = await (await context.api()).get<ContainerInspect>(containerPath(name, 'json'));
    const ports = NetworkSettings.Ports ?? {};
    const lines = wanted === '' ? allMappings(ports) : mappingsOf(ports, wanted, name);
    if (lines.length > 0) await context.out(`${lines.sort(compareNaturally).join('\n')}\n`);
  },
};

type Ports = Record<string, PortBinding[] | null>;

function allMappings(ports: Ports): string[] {
  return Object.entries(ports).flatMap(([port, bindings]) => (bindings ?? []).map((binding) => `${port} -> ${hostOf(binding)}`));
}

function mappingsOf(ports: Ports, wanted: string, container: string): string[] {
  const [port = '', protocol = ''] = wanted.split(/\/(.*)/s);
  try {
    parseUnsigned(port, 10, 16);
  } catch (error) {
    throw new ExitError(1, `Error: invalid port (${port}): ${messageOf(error)}`, { cause: error });
  }
  const bindings = ports[`${port}/${protocol || 'tcp'}`] ?? [];
  if (bindings.length === 0) throw new ExitError(1, `Error: No public port '${wanted}' published for ${container}`);
  return bindings.map(hostOf);
}

function hostOf({ HostIp, HostPort }: PortBinding): string {
  return joinHostPort(HostIp, HostPort);
}
