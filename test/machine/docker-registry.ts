/**
 * Debian's docker-registry on this computer's loopback, open or with logins, and a token service for it.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createSign, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needProgram } from './debian-package.ts';

export interface DockerRegistry {
  /** `localhost:49152`. */
  host: string;
  /** What it logged, one request a line. */
  log(): string;
  stop(): Promise<void>;
}

/** Whoever may come in. */
export const user = { name: 'ada', password: 'secret' };
/** The same as htpasswd has it: bcrypt. */
const htpasswd = 'ada:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

/** @param wantedPort else any that is free */
export async function startRegistry(
  auth: 'open' | 'basic' | { realm: string; certificate: string } = 'open',
  wantedPort?: number,
): Promise<DockerRegistry> {
  needProgram('docker-registry', '--version', ['docker-registry']);
  const folder = await mkdtemp(join(tmpdir(), 'registry-'));
  const port = wantedPort ?? (await freePort());
  const settings = {
    version: '0.1',
    log: { level: 'info' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: 'x' },
    ...(auth === 'basic' && { auth: { htpasswd: { realm: 'registry', path: join(folder, 'htpasswd') } } }),
    ...(typeof auth === 'object' && {
      auth: { token: { realm: auth.realm, service: tokenService, issuer: tokenIssuer, rootcertbundle: auth.certificate } },
    }),
  };
  await writeFile(join(folder, 'htpasswd'), htpasswd);
  // YAML that is JSON.
  await writeFile(join(folder, 'config.yml'), JSON.stringify(settings));
  const server = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  await listening(server, port, () => log);
  return {
    host: `localhost:${port}`,
    log: () => log,
    async stop() {
      server.kill('SIGTERM');
      if (server.exitCode === null) await once(server, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const tokenService = 'registry.test';
const tokenIssuer = 'drydock-test';

export interface TokenService {
  realm: string;
  /** Path of what signs its tokens. */
  certificate: string;
  /** Scopes that were asked for. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** Gives tokens for whatever is asked to whoever brings name and password, or the identity token it gave before. */
export async function startTokenService(): Promise<TokenService> {
  const folder = await mkdtemp(join(tmpdir(), 'tokens-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=test',
    '-days',
    '30',
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr.toString()}`);
  const privateKey = await readFile(key, 'utf8');
  const chain = (await readFile(certificate, 'utf8')).replace(/-----[^-]+-----|\s/g, '');
  const identity = randomUUID();
  const asked: string[] = [];
  const server = createHttpServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const query = request.method === 'POST' ? new URLSearchParams(body) : new URL(request.url ?? '', 'http://x').searchParams;
      const login = `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`;
      if (request.headers.authorization !== login && query.get('refresh_token') !== identity) {
        response.writeHead(401, { 'content-type': 'application/json' });
        return response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'incorrect username or password' }] }));
      }
      const scopes = query
        .getAll('scope')
        .flatMap((scope) => scope.split(' '))
        .filter(Boolean);
      asked.push(...scopes);
      const token = signed({ privateKey, chain, scopes, audience: query.get('service') ?? '' });
      const more = query.get('offline_token') ? { refresh_token: identity } : {};
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end(JSON.stringify({ token, access_token: token, expires_in: 300, ...more }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    certificate,
    asked,
    async stop() {
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Source: distribution-spec, "Token Authentication Implementation". */
function signed(options: { privateKey: string; chain: string; scopes: string[]; audience: string }): string {
  const { privateKey, chain, scopes, audience } = options;
  const now = Math.floor(Date.now() / 1000);
  const access = scopes.map((scope) => {
    const [type = '', name = '', actions = ''] = scope.split(':');
    return { type, name, actions: actions.split(',') };
  });
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = part({ typ: 'JWT', alg: 'RS256', x5c: [chain] });
  const claims = part({
    iss: tokenIssuer,
    sub: user.name,
    aud: audience,
    exp: now + 300,
    nbf: now - 10,
    iat: now,
    jti: randomUUID(),
    access,
  });
  const signature = createSign('RSA-SHA256').update(`${head}.${claims}`).sign(privateKey, 'base64url');
  return `${head}.${claims}.${signature}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(server: ChildProcess, port: number, log: () => string): Promise<void> {
  while (!(await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined))) {
    if (server.exitCode !== null) throw new Error(`docker-registry ended:\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
