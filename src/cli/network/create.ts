/** Makes a network. Source: docker/cli cli/command/network/create.go. */
import type { NetworkCreateRequest, NetworkCreateResponse } from '#engine/api/types/network.ts';
import type { Command, CommandContext } from '../command.ts';
import { listOf } from '../flags/syntax.ts';
import { validateLabel } from '../options/container-values.ts';
import { toMap } from '../options/key-value-file.ts';
import { ipamConfig } from './ipam-config.ts';

/** @cli  Y  docker network create  "Create a network" */
export const createCommand: Command = {
  path: ['network', 'create'],
  flags: () => ({ label: listOf(validateLabel) }),
  async run(context) {
    const json = requestOf(context);
    const { Id } = await (await context.api()).post<NetworkCreateResponse>('/networks/create', { json });
    await context.out(`${Id}\n`);
  },
};

function requestOf({ flags, args }: CommandContext): NetworkCreateRequest {
  const configFrom = flags.string('config-from');
  return {
    Driver: flags.string('driver'),
    Scope: flags.string('scope'),
    // The daemon decides about what was not said.
    ...(flags.changed('ipv4') && { EnableIPv4: flags.bool('ipv4') }),
    ...(flags.changed('ipv6') && { EnableIPv6: flags.bool('ipv6') }),
    IPAM: {
      Driver: flags.string('ipam-driver'),
      Options: flags.value<Record<string, string>>('ipam-opt'),
      Config: ipamConfig({
        subnets: flags.list('subnet'),
        ranges: flags.list('ip-range'),
        gateways: flags.list('gateway'),
        reserved: flags.value<Record<string, string>>('aux-address'),
      }),
    },
    Internal: flags.bool('internal'),
    Attachable: flags.bool('attachable'),
    Ingress: flags.bool('ingress'),
    ConfigOnly: flags.bool('config-only'),
    ConfigFrom: configFrom === '' ? null : { Network: configFrom },
    Options: flags.value<Record<string, string>>('opt'),
    Labels: toMap(flags.list('label')),
    Name: args[0] ?? '',
  };
}
