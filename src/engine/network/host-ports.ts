/**
 * The node's ports that containers have: hands out the one that was asked for, the first free one of a range, or the next
 * of those that nobody asks for by number. Whether a process of the node has the port is for the runtime to find out.
 * Source: moby libnetwork/portallocator.
 */
import { assert } from '../assert.ts';
import { EngineError } from '../errors.ts';

/** Where ports come from that nobody chose: Linux' own range for that, `ip_local_port_range`. */
const dynamic = { first: 32768, last: 60999 };

export interface PortRequest {
  protocol: 'tcp' | 'udp' | 'sctp';
  /** Addresses at which the same port is wanted. */
  addresses: readonly string[];
  /** Undefined: any. */
  range: { first: number; last: number } | undefined;
  /** Ports that turned out to be somebody else's. */
  except?: ReadonlySet<number>;
}

export class HostPorts {
  /** `tcp 0.0.0.0:8080`. */
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  /** @throws EngineError `unknown`: `Bind for 0.0.0.0:8080 failed: port is already allocated` */
  take(request: PortRequest): number {
    const { protocol, addresses, range, except } = request;
    const free = (port: number): boolean =>
      !except?.has(port) && addresses.every((address) => !this.#taken.has(key(protocol, address, port)));
    const port = range ? firstOf(range.first, range, free) : firstOf(this.#next.get(protocol) ?? dynamic.first, dynamic, free);
    if (port === undefined) {
      if (range && range.first === range.last)
        throw new EngineError('unknown', `Bind for ${bracketed(addresses[0] ?? '')}:${range.first} failed: port is already allocated`);
      throw new EngineError('unknown', 'all ports are allocated');
    }
    if (!range) this.#next.set(protocol, port === dynamic.last ? dynamic.first : port + 1);
    for (const address of addresses) this.#taken.add(key(protocol, address, port));
    return port;
  }

  release(protocol: string, address: string, port: number): void {
    assert(this.#taken.delete(key(protocol, address, port)), `port ${port} was taken before it is released`);
  }

  /** Takes up what a container has that kept running while the engine was away. */
  restore(protocol: string, address: string, port: number): void {
    this.#taken.add(key(protocol, address, port));
  }
}

function key(protocol: string, address: string, port: number): string {
  return `${protocol} ${address}:${port}`;
}

/** The first port that will do, of all of a range, beginning somewhere in it. */
function firstOf(start: number, { first, last }: { first: number; last: number }, will: (port: number) => boolean): number | undefined {
  const count = last - first + 1;
  for (let at = 0; at < count; at++) {
    const port = first + ((start - first + at) % count);
    if (will(port)) return port;
  }
  return undefined;
}

export function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
