/**
 * The networks a new container joins, from `--network` (both notations) and the older single flags
 * (`--network-alias`, `--ip`, `--ip6`, `--link`, `--link-local-ip`, `--mac-address`), which apply to the
 * first network.
 * Source: docker/cli cli/command/container/opts.go, parseNetworkOpts.
 */
import { emptyEndpointSettings, type EndpointSettings } from '#engine/api/types/network.ts';
import type { ParsedFlags } from '#cli/flags/parse.ts';
import { isMacAddress } from '#cli/options/mac-address.ts';
import type { NetworkAttachment } from '#cli/options/network.ts';

export interface Networking {
  NetworkMode: string;
  EndpointsConfig: Record<string, EndpointSettings>;
}

/** @throws Error with Docker's words */
export function networking(flags: ParsedFlags): Networking {
  const attachments = [...flags.value<NetworkAttachment[]>('network'), ...flags.value<NetworkAttachment[]>('net')];
  if (attachments.length === 0) {
    const attachment = withSingleFlags({ Target: 'default' }, flags);
    return { NetworkMode: 'default', EndpointsConfig: { default: endpointSettings(attachment) } };
  }

  const endpoints: Record<string, EndpointSettings> = {};
  for (const [index, given] of attachments.entries()) {
    const attachment = index === 0 ? withSingleFlags(given, flags) : given;
    const settings = endpointSettings(attachment);
    if (Object.hasOwn(endpoints, attachment.Target)) throw new Error(`network "${attachment.Target}" is specified multiple times`);
    // The daemon makes the endpoint of an only network without settings by itself.
    if (attachments.length > 1 || !isPlain(settings)) endpoints[attachment.Target] = settings;
  }
  if (new Set(attachments.map(({ Target }) => isUserDefined(Target))).size > 1) {
    throw new Error('conflicting options: cannot attach both user-defined and non-user-defined network-modes');
  }
  return { NetworkMode: attachments[0]!.Target, EndpointsConfig: endpoints };
}

type Attachment = Partial<NetworkAttachment> & { Target: string };

export function isUserDefined(mode: string): boolean {
  return !['default', 'bridge', 'host', 'none'].includes(mode) && !mode.startsWith('container:');
}

function withSingleFlags(attachment: Attachment, flags: ParsedFlags): Attachment {
  const aliases = [...flags.list('network-alias'), ...flags.list('net-alias')];
  const links = flags.list('link');
  const linkLocal = flags.list('link-local-ip');
  const [ipv4, ipv6, mac] = [flags.string('ip'), flags.string('ip6'), flags.string('mac-address')];

  refuseBoth('--network-alias and per-network alias', aliases, attachment.Aliases);
  refuseBoth('--link and per-network links', links, attachment.Links);
  refuseBoth('--ip and per-network IPv4 address', ipv4, attachment.IPv4Address);
  refuseBoth('--ip6 and per-network IPv6 address', ipv6, attachment.IPv6Address);
  refuseBoth('--mac-address and per-network MAC address', mac, attachment.MacAddress);
  refuseBoth('--link-local-ip and per-network link-local IP addresses', linkLocal, attachment.LinkLocalIPs);
  return {
    ...attachment,
    Aliases: aliases.length > 0 ? aliases : attachment.Aliases,
    // On the default bridge a link is the container's, not the endpoint's.
    Links: links.length > 0 && isUserDefined(attachment.Target) ? links : attachment.Links,
    IPv4Address: ipv4 || attachment.IPv4Address,
    IPv6Address: ipv6 || attachment.IPv6Address,
    MacAddress: mac || attachment.MacAddress,
    LinkLocalIPs: linkLocal.length > 0 ? linkLocal : attachment.LinkLocalIPs,
  };
}

function refuseBoth(what: string, flag: string | string[], perNetwork: string | string[] | null | undefined): void {
  if (flag.length > 0 && perNetwork && perNetwork.length > 0) throw new Error(`conflicting options: cannot specify both ${what}`);
}

function endpointSettings(attachment: Attachment): EndpointSettings {
  const { Target, Aliases, Links, IPv4Address, IPv6Address, LinkLocalIPs, MacAddress, DriverOpts, GwPriority } = attachment;
  if (Target.trim() === '') throw new Error('no name set for network');
  if (!isUserDefined(Target)) {
    if (Aliases?.length) throw new Error('network-scoped aliases are only supported for user-defined networks');
    if (Links?.length) throw new Error('links are only supported for user-defined networks');
  }
  if (MacAddress && !isMacAddress(MacAddress)) throw new Error(`${MacAddress} is not a valid mac address`);
  return {
    ...emptyEndpointSettings(),
    IPAMConfig:
      IPv4Address || IPv6Address || LinkLocalIPs?.length
        ? { ...(IPv4Address && { IPv4Address }), ...(IPv6Address && { IPv6Address }), ...(LinkLocalIPs?.length && { LinkLocalIPs }) }
        : null,
    Links: Links?.length ? Links : null,
    Aliases: Aliases?.length ? Aliases : null,
    MacAddress: MacAddress ?? '',
    DriverOpts: DriverOpts && Object.keys(DriverOpts).length > 0 ? DriverOpts : null,
    GwPriority: GwPriority ?? 0,
  };
}

/** True when only the name is known. */
function isPlain(settings: EndpointSettings): boolean {
  return Object.values(settings).every((value) => value === null || value === '' || value === 0);
}
