/**
 * The addresses of one subnet: hands out the lowest free one, or the one asked for. Neither the network's
 * own address nor the broadcast address is ever given.
 * Source: moby libnetwork/ipams/defaultipam.
 */
import { assert } from '../assert.ts';
import { EngineError } from '../errors.ts';
import { formatIpv4, masked, type Prefix, prefixContains, prefixSize } from './ipv4.ts';

export class AddressPool {
  readonly subnet: Prefix;
  /** Where addresses nobody asked for by name come from: the subnet, or a part of it. */
  readonly #range: Prefix;
  readonly #taken = new Set<number>();

  constructor(subnet: Prefix, range: Prefix = subnet) {
    this.subnet = masked(subnet);
    this.#range = masked(range);
  }

  /** The lowest free address. @throws EngineError `unavailable` when there is none */
  allocate(): number {
    const first = this.#range.address;
    for (let address = first; address < first + prefixSize(this.#range); address++) {
      if (!this.#usable(address) || this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    throw new EngineError('unavailable', "no available IPv4 addresses on this network's address pools");
  }

  /** Takes a certain address. */
  reserve(address: number): void {
    if (!prefixContains(this.subnet, address) || !this.#usable(address))
      throw new EngineError('invalid-parameter', 'requested address is out of range');
    if (this.#taken.has(address)) throw new EngineError('forbidden', 'Address already in use');
    this.#taken.add(address);
  }

  release(address: number): void {
    assert(this.#taken.has(address), `${formatIpv4(address)} was given before it is released`);
    this.#taken.delete(address);
  }

  get takenCount(): number {
    return this.#taken.size;
  }

  /** Subnets of one or two addresses have no network or broadcast address to spare. */
  #usable(address: number): boolean {
    if (this.subnet.bits >= 31) return true;
    return address !== this.subnet.address && address !== this.subnet.address + prefixSize(this.subnet) - 1;
  }
}
