/**
 * Checks of single values that `docker run` and `docker create` take as lists. Each gives the value as
 * it is sent, or throws an Error with Docker's words.
 * Source: docker/cli opts/opts.go, opts/env.go, opts/hosts.go; cli/command/container/opts.go.
 */
import { quote } from '#engine/go-quote.ts';
import { parseIpAddress } from './ip-address.ts';
import { cut } from './key-value-file.ts';

/** `--attach`. */
export function validateAttach(value: string): string {
  const stream = value.toLowerCase();
  if (!['stdin', 'stdout', 'stderr'].includes(stream)) throw new Error('valid streams are STDIN, STDOUT and STDERR');
  return stream;
}

/** `--env`: anything with a name. */
export function validateEnvironmentVariable(value: string): string {
  if (cut(value)[0] === '') throw new Error(`invalid environment variable: ${value}`);
  return value;
}

/** `--label`. */
export function validateLabel(value: string): string {
  const key = cut(value)[0].replace(/^[ \t]+/, '');
  if (key === '') throw new Error(`invalid label '${value}': empty name`);
  if (/[ \t]/.test(key)) throw new Error(`label '${key}' contains whitespaces`);
  return value;
}

/** `--link`: `<container>[:<alias>]`. */
export function validateLink(value: string): string {
  if (value === '') throw new Error('empty string specified for links');
  if (value.split(':').length > 2) throw new Error(`bad format for links: ${value}`);
  return value;
}

/** `--add-host`: `<name>:<address>` or `<name>=<address>`, brackets allowed; sent as `<name>:<address>`. */
export function validateExtraHost(value: string): string {
  const separator = value.includes('=') ? value.indexOf('=') : value.indexOf(':');
  const name = value.slice(0, Math.max(0, separator));
  if (name === '' || name.includes(':')) throw new Error(`bad format for add-host: ${quote(value)}`);
  const bracketed = value.slice(separator + 1);
  const address = bracketed.length > 2 && bracketed.startsWith('[') && bracketed.endsWith(']') ? bracketed.slice(1, -1) : bracketed;
  if (address !== 'host-gateway' && !parseIpAddress(address.trim())) throw new Error(`invalid IP address in add-host: ${quote(address)}`);
  return `${name}:${address}`;
}

/** `--dns-search`: a domain, or `.` for none. */
export function validateDnsSearch(value: string): string {
  const domain = value.replace(/^ +| +$/g, '');
  if (domain === '.') return domain;
  const label = '[a-zA-Z0-9]|(?:[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
  const match = new RegExp(`^(:?(?:${label})(?:\\.(?:${label}))*)\\.?\\s*$`).exec(domain);
  if (!/[a-zA-Z]/.test(domain) || !match || match[1]!.length >= 255) throw new Error(`${domain} is not a valid domain`);
  return match[1]!;
}

const allowedSysctls = new Set(
  ['msgmax', 'msgmnb', 'msgmni', 'sem', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced'].map((name) => `kernel.${name}`),
);

/** `--sysctl`: those that the kernel keeps per namespace. */
export function validateSysctl(value: string): string {
  const [name] = cut(value);
  const allowed =
    value.includes('=') && name !== '' && (allowedSysctls.has(name) || name.startsWith('net.') || name.startsWith('fs.mqueue.'));
  if (!allowed) throw new Error(`sysctl '${value}' is not allowed`);
  return value;
}
