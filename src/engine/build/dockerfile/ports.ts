/**
 * The ports of EXPOSE: `80`, `80-85/udp`, and what else Docker's port syntax takes there.
 * Source: docker/go-connections nat, ParsePortSpecs.
 */
import { DockerfileError } from './dockerfile-error.ts';

/** More ports than there are in one range, thrice. */
const maxPorts = 3 * 65_536;

/** Each as `80/tcp`, once, in the order given. @throws DockerfileError */
export function parsePorts(specs: readonly string[]): string[] {
  const ports = new Set<string>();
  for (const spec of specs) {
    for (const port of parsePortSpec(spec)) ports.add(port);
    if (ports.size > maxPorts) throw new DockerfileError('too many ports');
  }
  return [...ports];
}

function parsePortSpec(spec: string): string[] {
  const parts = spec.split(':');
  const [containerPort = '', protocol = 'tcp'] = splitProtocol(parts.at(-1)!);
  const hostPort = parts.at(-2) ?? '';
  const address = parts
    .slice(0, -2)
    .join(':')
    .replace(/^\[(.*)\]$/, '$1');
  if (address !== '' && !/^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F:.]*:[\da-fA-F:.]*)$/.test(address)) {
    throw new DockerfileError(`invalid IP address: ${address}`);
  }
  if (containerPort === '') throw new DockerfileError(`no port specified: ${spec}<empty>`);
  const range = parseRange(containerPort);
  if (!range) throw new DockerfileError(`invalid containerPort: ${containerPort}`);
  const hostRange = hostPort === '' ? undefined : parseRange(hostPort);
  if (hostPort !== '' && !hostRange) throw new DockerfileError(`invalid hostPort: ${hostPort}`);
  if (hostRange && range.end !== range.start && range.end - range.start !== hostRange.end - hostRange.start) {
    throw new DockerfileError(`invalid ranges specified for container and host Ports: ${containerPort} and ${hostPort}`);
  }
  if (!/^(?:tcp|udp|sctp)$/i.test(protocol)) throw new DockerfileError(`invalid proto: ${protocol}`);
  const { start, end } = range;
  return Array.from({ length: end - start + 1 }, (_, index) => `${start + index}/${protocol.toLowerCase()}`);
}

function splitProtocol(text: string): [port: string, protocol: string] {
  const [port = '', protocol = ''] = text.split('/');
  return [port, protocol || 'tcp'];
}

function parseRange(text: string): { start: number; end: number } | undefined {
  const [start = '', end = start] = text.split('-');
  const range = { start: Number(start), end: Number(end) };
  const isPort = (port: string): boolean => /^\d+$/.test(port) && Number(port) < 65_536;
  return isPort(start) && isPort(end) && range.end >= range.start ? range : undefined;
}
