/**
 * The PORTS column of `docker ps`: neighbouring ports become ranges, published ones show where.
 * Source: docker/cli cli/command/formatter/container.go, DisplayablePorts.
 */
import type { Port } from '#engine/api/types/container.ts';
import { joinHostPort } from '../options/ip-address.ts';

/** `0.0.0.0:80-81->80-81/tcp, 9988/tcp, 0.0.0.0:8080->90/tcp`. */
export function displayPorts(ports: readonly Port[]): string {
  const ranges = new Map<string, PortRange>();
  const done: string[] = [];
  const mapped: string[] = [];
  for (const port of [...ports].sort(comparePorts)) {
    const { IP: address = '', PrivatePort: number, PublicPort: hostPort = 0 } = port;
    if (address !== '' && hostPort !== number) {
      mapped.push(`${joinHostPort(address, String(hostPort))}->${number}/${port.Type}`);
      continue;
    }
    const key = address === '' ? port.Type : `${address}/${port.Type}`;
    const range = ranges.get(key);
    if (range && number === range.last + 1) {
      range.last = number;
    } else {
      if (range) done.push(printRange(range));
      // A key keeps the place it got first.
      ranges.set(key, { address, type: port.Type, first: number, last: number });
    }
  }
  return [...done, ...[...ranges.values()].map(printRange), ...mapped].join(', ');
}

interface PortRange {
  address: string;
  type: string;
  first: number;
  last: number;
}

function printRange({ address, type, first, last }: PortRange): string {
  const ports = first === last ? String(first) : `${first}-${last}`;
  return address === '' ? `${ports}/${type}` : `${joinHostPort(address, ports)}->${ports}/${type}`;
}

function comparePorts(a: Port, b: Port): number {
  return (
    a.PrivatePort - b.PrivatePort ||
    compareText(a.IP ?? '', b.IP ?? '') ||
    (a.PublicPort ?? 0) - (b.PublicPort ?? 0) ||
    compareText(a.Type, b.Type)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
