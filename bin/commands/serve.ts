/** `drydock serve`: the Engine API of a machine in this process, for the official client to be pointed at. */
import { rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { defaultDaemonConfig, type DaemonConfig } from '../../src/engine/daemon-config.ts';
import { serveConnection } from '../../src/engine/api/http1.ts';
import { node, openMachine } from './machine.ts';
import { socketConnection } from './socket-connection.ts';

interface Address {
  /** As it was given. */
  text: string;
  listen: { path: string } | { host: string; port: number };
}

export async function serve(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { host: { type: 'string', multiple: true, short: 'H' }, 'default-cgroupns-mode': { type: 'string' } },
  });
  const addresses = (values.host ?? ['tcp://127.0.0.1:2375']).map(readAddress);
  const config = readConfig(values['default-cgroupns-mode']);
  for (const { listen } of addresses) if ('path' in listen) await removeStale(listen.path);
  const machine = await openMachine(config);
  const api = machine.api(node);
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    void serveConnection(socketConnection(socket), api).finally(() => socket.end());
  };
  const servers = await listenOnAll(addresses, accept);
  console.log(`Drydock serves the Docker Engine API on ${addresses.map(({ text }) => text).join(' and ')}`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  // Closing a server removes the socket's file.
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
  await machine.stop();
  return 0;
}

function readConfig(mode: string = defaultDaemonConfig.defaultCgroupnsMode): Partial<DaemonConfig> {
  if (mode !== 'private' && mode !== 'host') throw new Error(`invalid --default-cgroupns-mode ${mode}: use private or host`);
  return { defaultCgroupnsMode: mode };
}

function readAddress(text: string): Address {
  const path = /^unix:\/\/(\/.+)$/.exec(text)?.[1];
  if (path) return { text, listen: { path } };
  const tcp = /^tcp:\/\/(\[[0-9a-fA-F:]+\]|[^:/]+):(\d+)\/?$/.exec(text);
  const port = Number(tcp?.[2]);
  if (!tcp?.[1] || port > 65535) throw new Error(`invalid --host ${text}: use tcp://ADDRESS:PORT or unix:///PATH`);
  const host = tcp[1].replace(/^\[|\]$/g, '');
  if (!['127.0.0.1', '::1', 'localhost'].includes(host)) process.stderr.write(`drydock: whoever reaches ${text} controls the machine\n`);
  return { text, listen: { host, port } };
}

/** On all of them, or on none. */
async function listenOnAll(addresses: Address[], accept: (socket: Socket) => void): Promise<Server[]> {
  const servers: Server[] = [];
  try {
    for (const address of addresses) servers.push(await listenOn(address, accept));
    return servers;
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
}

function listenOn({ text, listen }: Address, accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(`cannot listen on ${text}: ${error.code ?? error.message}`)));
    server.listen(listen, () => resolve(server));
  });
}

/** A socket that nobody listens on is left from a process that was killed. */
async function removeStale(path: string): Promise<void> {
  const present = await stat(path).catch(() => undefined);
  if (!present) return;
  if (!present.isSocket()) throw new Error(`${path} exists and is no socket`);
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => resolve(false)).on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED'),
    );
    socket.on('connect', () => socket.destroy());
  });
  if (!refused) throw new Error(`${path} is in use by another process`);
  await rm(path);
}
