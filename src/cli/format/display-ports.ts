/**
 * Ports as `docker ps` prints them: neighbours as a range, the same number on both sides as one range
 * with its address, all others one by one. Source: docker/cli cli/command/formatter/container.go.
 */
import type { Port } from '#engine/api/types/container.ts';
import { joinHostPort } from '../options/ip-address.ts';
import { compareStrings } from './gotemplate/value.ts';

interface Group {
  address: string;
  type: string;
  first: number;
  last: number;
}

/** @param hostPort how an address and a port are put together; older clients do not bracket addresses of version 6 */
export function displayPorts(ports: readonly Port[], hostPort = joinHostPort): string {
  const ended: string[] = [];
  const mapped: string[] = [];
  const groups = new Map<string, Group>();
  for (const port of [...ports].sort(comparePorts)) {
    const { IP: address = '', PrivatePort: number, PublicPort: published = 0, Type: type } = port;
    if (address !== '' && published !== number) {
      mapped.push(`${hostPort(address, String(published))}->${number}/${type}`);
      continue;
    }
    const key = `${address}/${type}`;
    const group = groups.get(key);
    if (group && number === group.last + 1) {
      group.last = number;
      continue;
    }
    if (group) ended.push(groupText(group, hostPort));
    groups.set(key, { address, type, first: number, last: number });
  }
  return [...ended, ...[...groups.values()].map((group) => groupText(group, hostPort)), ...mapped].join(', ');
}

function groupText({ address, type, first, last }: Group, hostPort: typeof joinHostPort): string {
  const range = first === last ? String(first) : `${first}-${last}`;
  return address === '' ? `${range}/${type}` : `${hostPort(address, range)}->${range}/${type}`;
}

function comparePorts(a: Port, b: Port): number {
  return (
    a.PrivatePort - b.PrivatePort ||
    compareStrings(a.IP ?? '', b.IP ?? '') ||
    (a.PublicPort ?? 0) - (b.PublicPort ?? 0) ||
    compareStrings(a.Type, b.Type)
  );
}
