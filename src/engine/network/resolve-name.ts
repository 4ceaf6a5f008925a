/**
 * Who a container means by a name: what the name server at 127.0.0.11 answers. Looks at the networks that the container is
 * on; what nobody there is called is for other servers.
 * Source: moby libnetwork/{sandbox.go,network.go,resolver.go}: ResolveName, ResolveIP.
 */
import type { NameAnswer, NameQuestion } from '../runtime/network-plan.ts';
import { formatIpv4, parseIpv4 } from './ipv4.ts';
import type { Endpoint, Network } from './network.ts';

export interface NameView {
  /** Of the container that asks. */
  endpoints: readonly { network: Network; endpoint: Endpoint }[];
  /** Other name servers, for what is not found here; empty where they cannot be reached. */
  servers: readonly string[];
}

/** @param shuffle puts several addresses into another order each time: round robin */
export function resolveName(view: NameView, { kind, name }: NameQuestion, shuffle: <T>(items: T[]) => T[]): NameAnswer {
  if (kind === 'pointer') {
    const found = ownerOf(view, name);
    return found === undefined ? elsewhere(view) : { kind: 'pointer', name: found };
  }
  const addresses = addressesOf(view, name.toLowerCase().replace(/\.$/, ''));
  if (addresses === undefined) return elsewhere(view);
  return kind === 'other' || addresses.length === 0 ? { kind: 'nothing' } : { kind: 'addresses', ipv4: shuffle(addresses.map(formatIpv4)) };
}

function elsewhere({ servers }: NameView): NameAnswer {
  return servers.length > 0 ? { kind: 'forward', servers: [...servers] } : { kind: 'failure' };
}

/** `web` on any of the networks, or `web.frontend` on the one that is called so. */
function addressesOf({ endpoints }: NameView, name: string): number[] | undefined {
  const dot = name.lastIndexOf('.');
  const places = [{ name, network: '' }, ...(dot > 0 ? [{ name: name.slice(0, dot), network: name.slice(dot + 1) }] : [])];
  for (const place of places) {
    for (const { network, endpoint } of endpoints) {
      if (!network.named || (place.network !== '' && network.name.toLowerCase() !== place.network)) continue;
      const wanted = endpoint.aliases.get(place.name) ?? place.name;
      const found = [...network.endpoints.values()].filter(({ names }) => names.includes(wanted));
      if (found.length > 0) return found.flatMap(({ ipv4 }) => ipv4 ?? []);
    }
  }
  return undefined;
}

/** `web.frontend`: the container that has an address, and the network. */
function ownerOf({ endpoints }: NameView, address: string): string | undefined {
  const wanted = parseIpv4(address);
  for (const { network } of endpoints) {
    if (!network.named) continue;
    const owner = [...network.endpoints.values()].find(({ ipv4 }) => ipv4 !== undefined && ipv4 === wanted);
    if (owner) return `${owner.containerName}.${network.name}`;
  }
  return undefined;
}
