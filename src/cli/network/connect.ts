/** Joins a container to a network. Source: docker/cli cli/command/network/connect.go. */
import { emptyEndpointSettings, type EndpointSettings, type NetworkConnectRequest } from '#engine/api/types/network.ts';
import type { Command } from '../command.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import { listOf } from '../flags/syntax.ts';
import { objectPath, requireName } from '../object-path.ts';
import { validateLink } from '../options/container-values.ts';

/** @cli  Y  docker network connect  "Connect a container to a network" */
export const connectCommand: Command = {
  path: ['network', 'connect'],
  flags: () => ({ link: listOf(validateLink) }),
  async run(context) {
    const [network = '', container = ''] = context.args;
    const settings = settingsOf(context.flags);
    const path = objectPath('network', network, 'connect');
    const json: NetworkConnectRequest = { Container: requireName('container', container), EndpointConfig: settings };
    await (await context.api()).post(path, { json });
  },
};

function settingsOf(flags: ParsedFlags): EndpointSettings {
  const [ipv4, ipv6, linkLocal, links] = [flags.string('ip'), flags.string('ip6'), flags.list('link-local-ip'), flags.list('link')];
  return {
    ...emptyEndpointSettings(),
    IPAMConfig: {
      ...(ipv4 !== '' && { IPv4Address: ipv4 }),
      ...(ipv6 !== '' && { IPv6Address: ipv6 }),
      ...(linkLocal.length > 0 && { LinkLocalIPs: linkLocal }),
    },
    Links: links.length > 0 ? links : null,
    Aliases: flags.list('alias'),
    DriverOpts: Object.fromEntries(flags.list('driver-opt').map(driverOption)),
    GwPriority: flags.number('gw-priority'),
  };
}

function driverOption(text: string): [key: string, value: string] {
  const equals = text.indexOf('=');
  const key = text.slice(0, equals).trim();
  if (equals < 0 || key === '') throw new Error('invalid key/value pair format in driver options');
  return [key, text.slice(equals + 1).trim()];
}
