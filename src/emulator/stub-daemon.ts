/**
 * The daemon that an address leads a `docker` command of the guest to: an engine of ours when one of their sockets is
 * there, else whoever listens, over HTTP.
 */
import type { ApiHandler } from '#engine/api/http.ts';
import { EngineError } from '#engine/errors.ts';
import type { CliFiles } from '#cli/environment.ts';
import { ExitError } from '#cli/exit-error.ts';
import { parseIpAddress } from '#cli/options/ip-address.ts';
import type { AgentClient } from './agent/client.ts';
import { daemonAt } from './agent/ops.ts';
import type { Stub } from './agent/stub.ts';
import { dialGuest, streamOf, type DuplexStream } from './ports/dial-guest.ts';
import { remoteDaemon } from './remote-daemon.ts';

/** What a request over a socket calls its host, as in Docker's client. */
const SOCKET_HOST = 'api.moby.localhost';
const HTTP_PORT = 80;

/**
 * @param host `unix:///run/docker.sock`, `tcp://10.0.0.2:2375`
 * @param daemon the API of a node
 * @throws EngineError when nobody answers there; ExitError with the words for what is no address
 */
export async function daemonOf(
  agent: AgentClient,
  stub: Stub,
  files: CliFiles,
  host: string,
  daemon: (node: number) => ApiHandler | undefined,
): Promise<ApiHandler> {
  const path = /^unix:\/\/(\/.*)$/.exec(host)?.[1];
  if (path !== undefined) return await atSocket(agent, stub, path, host, daemon);
  const [, name = '', port = '', base = ''] = /^(?:tcp|http):\/\/(\[[^\]]*\]|[^:/]*)(?::(\d*))?(\/.*)?$/.exec(host) ?? [];
  if (name === '') throw new EngineError('unavailable', `${host} cannot be reached from here`);
  const address = await addressOf(files, name.replace(/^\[|\]$/g, ''));
  const dial = dialGuest(agent, stub.hello.node);
  return await connected(
    async () => {
      const stream = await dial(address, Number(port || HTTP_PORT));
      if (!stream) throw unanswered(host);
      return stream;
    },
    host.replace(/^\w+:\/\/([^/]*).*$/, '$1'),
    base.replace(/\/$/, ''),
  );
}

async function atSocket(
  agent: AgentClient,
  stub: Stub,
  path: string,
  host: string,
  daemon: (node: number) => ApiHandler | undefined,
): Promise<ApiHandler> {
  const named = stub.hello.env['DOCKER_HOST'] || 'unix:///var/run/docker.sock';
  // The stub has tried the socket that its environment names; a flag or a context may name another.
  const node = host === named ? stub.hello.daemon : await agent.run({ stub: stub.id }, daemonAt(path));
  const handler = node ? daemon(node) : undefined;
  if (handler) return handler;
  // Somebody listens there, who is no daemon of ours.
  if (node === undefined)
    return await connected(async () => streamOf(await agent.dial({ stub: stub.id }, { kind: 'unix', path })), SOCKET_HOST);
  throw unanswered(host);
}

/** A daemon that has answered once: the first request goes over that connection. */
async function connected(open: () => Promise<DuplexStream>, host: string, base = ''): Promise<ApiHandler> {
  let first: DuplexStream | undefined = await open();
  const next = async (): Promise<DuplexStream> => {
    const stream = first ?? (await open());
    first = undefined;
    return stream;
  };
  return remoteDaemon(next, host, base);
}

/** An address as it is, or by its name in `/etc/hosts`. */
async function addressOf(files: CliFiles, name: string): Promise<Uint8Array> {
  const known = name.toLowerCase() === 'localhost' ? '127.0.0.1' : name;
  const address = parseIpAddress(known)?.bytes;
  if (address) return address;
  const hosts = new TextDecoder().decode(await files.read('/etc/hosts').catch(() => new Uint8Array()));
  for (const line of hosts.split('\n')) {
    const [text = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const found = names.includes(name) ? parseIpAddress(text)?.bytes : undefined;
    if (found) return found;
  }
  throw new ExitError(1, `error during connect: dial tcp: lookup ${name}: no such host`);
}

function unanswered(host: string): EngineError {
  return new EngineError('unavailable', `Cannot connect to the Docker daemon at ${host}. Is the docker daemon running?`);
}
