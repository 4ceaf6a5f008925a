/** `-H` and `DOCKER_HOST`, completed: `1.2.3.4` is `tcp://1.2.3.4:2375`. */

const DEFAULT_SOCKET = '/var/run/docker.sock';
const DEFAULT_PORT = '2375';
const TLS_PORT = '2376';

export function parseHost(text: string, tls = false): string {
  const host = text.trim();
  if (host === '') return `unix://${DEFAULT_SOCKET}`;
  const separator = host.indexOf('://');
  const [scheme, address] = separator < 0 ? ['tcp', host] : [host.slice(0, separator), host.slice(separator + 3)];
  switch (scheme) {
    case 'tcp':
      return tcpHost(address, tls ? TLS_PORT : DEFAULT_PORT);
    case 'unix':
      if (address.includes('://')) throw new Error(`invalid proto, expected unix: ${address}`);
      return `unix://${address || DEFAULT_SOCKET}`;
    case 'npipe':
    case 'fd':
    case 'ssh':
      return host;
    default:
      throw new Error(`invalid bind address format: ${host}`);
  }
}

function tcpHost(address: string, defaultPort: string): string {
  if (address.includes('://')) throw new Error(`invalid proto, expected tcp: ${address}`);
  const slash = address.indexOf('/');
  const [authority, path] = slash < 0 ? [address, ''] : [address.slice(0, slash), address.slice(slash)];
  const invalid = (reason: string): Error => new Error(`parse "tcp://${address}": ${reason}`);
  if (authority.startsWith('[') && !authority.includes(']')) throw invalid("missing ']' in host");
  const [, name = '', rest = ''] = /^(\[[^\]]*\]|[^:]*)(.*)$/s.exec(authority) ?? [];
  if (!/^(:\d*)?$/.test(rest)) throw invalid(`invalid port "${rest}" after host`);
  const odd = /[\s"<>\\^`{|}]/.exec(name)?.[0];
  if (odd !== undefined) throw invalid(`invalid character "${odd}" in host name`);
  return `tcp://${name || 'localhost'}:${rest.slice(1) || defaultPort}${path}`;
}
