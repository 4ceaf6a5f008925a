/**
 * The syntax of `--publish` and `--expose`: `[[host address:]host port:]container port[/protocol]`, ports
 * or ranges, and the `target=…,published=…` form.
 * Source: docker/go-connections nat, as vendored by docker/cli 28.2.2; cli/command/container/opts.go.
 */
import type { PortBinding } from '#engine/api/types/container.ts';
import { parseUnsigned } from '../units/number.ts';
import { parseIpAddress } from './ip-address.ts';

export interface PortSpecs {
  /** By `<port>/<protocol>`. */
  exposed: Record<string, Record<string, never>>;
  /** A host port is decimal, a range `from-to` to choose from, or empty for any. */
  bindings: Record<string, PortBinding[]>;
}

/** @throws Error with Docker's words */
export function parsePublishedPorts(specs: readonly string[]): PortSpecs {
  const parsed: PortSpecs = { exposed: {}, bindings: {} };
  for (const spec of specs.map(toShortSyntax)) {
    for (const { port, binding } of parsePortSpec(spec)) {
      parsed.exposed[port] ??= {};
      (parsed.bindings[port] ??= []).push(binding);
    }
  }
  return parsed;
}

/**
 * The ports that one `--expose` names, as `<port>/<protocol>`.
 *
 * @throws Error with Docker's words
 */
export function parseExposedPorts(spec: string): string[] {
  if (spec.includes(':')) throw new Error(`invalid port format for --expose: ${spec}`);
  const { protocol, port } = splitProtocol(spec);
  let range: PortRange;
  try {
    range = parsePortRange(port);
  } catch (error) {
    throw new Error(`invalid range format for --expose: ${spec}, error: ${(error as Error).message}`, { cause: error });
  }
  return Array.from({ length: range.end - range.start + 1 }, (_, index) => `${range.start + index}/${protocol}`);
}

interface PortRange {
  start: number;
  end: number;
}

/** Turns `published=8080,target=80` into `8080:80/tcp`. */
function toShortSyntax(spec: string): string {
  if (!spec.includes('=')) return spec;
  const fields = new Map([['protocol', 'tcp']]);
  for (const field of spec.split(',')) {
    const equals = field.indexOf('=');
    if (equals < 1) throw new Error(`invalid publish opts format (should be name=value but got '${field}')`);
    fields.set(field.slice(0, equals), field.slice(equals + 1));
  }
  return `${fields.get('published') ?? ''}:${fields.get('target') ?? ''}/${fields.get('protocol')!}`;
}

/** One specification in short form; Compose has these too. */
export function parsePortSpec(spec: string): { port: string; binding: PortBinding }[] {
  const { address, hostPort, containerPort: rawContainerPort } = splitSpec(spec);
  const { protocol, port: containerPort } = splitProtocol(rawContainerPort);
  const hostAddress = parseHostAddress(address);
  if (containerPort === '') throw new Error(`no port specified: ${spec}<empty>`);

  const container = rangeOr(containerPort, `invalid containerPort: ${containerPort}`);
  const host = hostPort === '' ? undefined : rangeOr(hostPort, `invalid hostPort: ${hostPort}`);
  const containerCount = container.end - container.start + 1;
  // A range of host ports for one container port means: any of these.
  if (host && containerCount !== host.end - host.start + 1 && containerCount !== 1) {
    throw new Error(`invalid ranges specified for container and host Ports: ${containerPort} and ${hostPort}`);
  }
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) throw new Error(`invalid proto: ${protocol}`);

  return Array.from({ length: containerCount }, (_, index) => {
    const first = host ? String(host.start + index) : '';
    const dynamic = host && containerCount === 1 && host.start !== host.end;
    return {
      port: `${container.start + index}/${protocol.toLowerCase()}`,
      binding: { HostIp: hostAddress, HostPort: dynamic ? `${first}-${host.end}` : first },
    };
  });
}

function splitSpec(spec: string): { address: string; hostPort: string; containerPort: string } {
  const parts = spec.split(':');
  const containerPort = parts.pop()!;
  const hostPort = parts.pop() ?? '';
  return { address: parts.join(':'), hostPort, containerPort };
}

function parseHostAddress(address: string): string {
  if (address === '') return '';
  let text = address;
  if (address.startsWith('[')) {
    const close = address.indexOf(']');
    if (close < 0) throw new Error(`invalid IP address ${address}: address ${address}:: missing ']' in address`);
    if (close !== address.length - 1) throw new Error(`invalid IP address ${address}: address ${address}:: missing port in address`);
    text = address.slice(1, close);
  }
  if (text !== '' && !parseIpAddress(text)) throw new Error(`invalid IP address: ${text}`);
  return text;
}

function splitProtocol(spec: string): { protocol: string; port: string } {
  const [port = '', protocol] = spec.split('/');
  if (port === '') return { protocol: '', port: '' };
  return { protocol: protocol || 'tcp', port };
}

function rangeOr(text: string, message: string): PortRange {
  try {
    return parsePortRange(text);
  } catch (error) {
    throw new Error(message, { cause: error });
  }
}

function parsePortRange(text: string): PortRange {
  if (text === '') throw new Error('empty string specified for ports');
  const [first, last] = text.split('-') as [string, string | undefined];
  const start = parsePort(first);
  const end = last === undefined ? start : parsePort(last);
  if (end < start) throw new Error(`invalid range specified for port: ${text}`);
  return { start, end };
}

function parsePort(text: string): number {
  return Number(parseUnsigned(text, 10, 16));
}
