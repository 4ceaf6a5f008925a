/**
 * The official docker client, `drydock serve` and Debian's docker-registry: what one pushes, the other has, and it runs when
 * it comes back. Logins of both kinds; transfers that break.
 */
import { randomBytes } from 'node:crypto';
import { createServer, request as askHttp, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { packTar } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerHost, serveDocker } from './machine/docker-client.ts';
import { startRegistry, startTokenService, user, type DockerRegistry, type TokenService } from './machine/docker-registry.ts';

let docker: DockerHost;
let registry: DockerRegistry;

beforeAll(async () => {
  [docker, registry] = await Promise.all([serveDocker(), startRegistry()]);
  await output('pull', '-q', 'busybox');
});
afterAll(() => Promise.all([docker.stop(), registry.stop()]));

async function output(...args: string[]): Promise<string> {
  const { stdout, stderr, status } = await docker.docker(args);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

const size = (host: string, name: string): Promise<Response> => fetch(`http://${host}/v2/${name}`);

/** An image of one layer that cannot be packed smaller. */
async function largeImage(name: string, bytes: number): Promise<void> {
  const body = randomBytes(bytes);
  const archive = await packTar([{ header: { name: 'large', size: body.length, mode: 0o644 }, body }]);
  const { status, stderr } = await docker.docker(['import', '-', name], archive);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

test('an image goes there and comes back', async () => {
  const name = `${registry.host}/library/busybox`;
  const id = await output('image', 'inspect', '-f', '{{.Id}}', 'busybox');
  await output('tag', 'busybox', name);
  const pushed = await output('push', name);
  expect(pushed.replaceAll(/\b[0-9a-f]{12}\b/g, 'ID')).toMatch(
    new RegExp(
      `^Using default tag: latest\nThe push refers to repository \\[${name}\\]\nID: Preparing\nID: Pushed\nlatest: digest: sha256:[0-9a-f]{64} size: \\d+\n$`,
    ),
  );
  expect(await output('push', name)).toContain(': Layer already exists\n');
  const digest = /sha256:[0-9a-f]{64}/.exec(pushed)![0];
  expect(await output('image', 'inspect', '-f', '{{json .RepoDigests}}', name)).toContain(`"${name}@${digest}"`);
  await output('rmi', '-f', name, 'busybox');
  expect(await output('pull', name)).toContain(`Digest: ${digest}\nStatus: Downloaded newer image for ${name}:latest\n`);
  expect(await output('image', 'inspect', '-f', '{{.Id}}', name)).toBe(id);
  expect(await output('run', '--rm', name, 'echo', 'back')).toBe('back\n');
  expect(await output('pull', `${name}@${digest}`)).toContain(`Status: Image is up to date for ${name}@${digest}\n`);
});

test('another repository of the registry gets layers without sending them', async () => {
  await output('tag', `${registry.host}/library/busybox`, `${registry.host}/team/app:v1`);
  await output('tag', `${registry.host}/library/busybox`, `${registry.host}/team/app:v2`);
  expect(await output('push', `${registry.host}/team/app:v1`)).toContain(': Mounted from library/busybox\n');
  const all = await output('push', '-a', `${registry.host}/team/app`);
  expect(all.match(/^v\d: digest: /gm)).toEqual(['v1: digest: ', 'v2: digest: ']);
  expect(await output('push', '-q', `${registry.host}/team/app:v2`)).toBe(`${registry.host}/team/app:v2\n`);
  expect((await output('pull', '-a', `${registry.host}/team/app`)).split('\n').at(-3)).toBe(
    `Status: Image is up to date for ${registry.host}/team/app`,
  );
});

test('a large layer is sent in pieces', async () => {
  const name = `${registry.host}/large`;
  await largeImage(name, 10 << 20);
  await output('push', '-q', name);
  expect(registry.log().match(/PATCH \/v2\/large\/blobs\/uploads\//g)?.length).toBeGreaterThanOrEqual(3);
  const id = await output('images', '-q', name);
  await output('rmi', name);
  await output('pull', '-q', name);
  expect(await output('images', '-q', name)).toBe(id);
});

test.each([
  [
    ['pull', 'HOST/library/busybox:nope'],
    'Error response from daemon: manifest for HOST/library/busybox:nope not found: manifest unknown: manifest unknown',
  ],
  [
    ['pull', 'HOST/nosuch/repo'],
    'Error response from daemon: manifest for HOST/nosuch/repo:latest not found: manifest unknown: manifest unknown',
  ],
  [['push', 'HOST/team/app:nope'], 'tag does not exist: HOST/team/app:nope'],
  [['push', 'HOST/notthere'], 'An image does not exist locally with the tag: HOST/notthere'],
])('%j is refused in Docker’s words', async (args, message) => {
  const { stderr, status } = await docker.docker(args.map((arg) => arg.replace('HOST', registry.host)));
  expect({ stderr, status }).toEqual({ stderr: `${message.replaceAll('HOST', registry.host)}\n`, status: 1 });
});

test('an index of nothing that runs here, and one that does', async () => {
  const digest = /sha256:[0-9a-f]{64}/.exec(
    await output('image', 'inspect', '-f', '{{json .RepoDigests}}', `${registry.host}/library/busybox`),
  )![0];
  const stored = await size(registry.host, `library/busybox/manifests/${digest}`);
  const entry = { mediaType: stored.headers.get('content-type'), digest, size: Number(stored.headers.get('content-length')) };
  const mediaType = 'application/vnd.docker.distribution.manifest.list.v2+json';
  for (const [tag, architecture] of [
    ['list', '386'],
    ['other', 's390x'],
  ] as const) {
    const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [{ ...entry, platform: { os: 'linux', architecture } }] });
    const put = await fetch(`http://${registry.host}/v2/library/busybox/manifests/${tag}`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body,
    });
    expect(put.status).toBe(201);
  }
  expect(await output('pull', '-q', `${registry.host}/library/busybox:list`)).toContain(':list\n');
  expect((await docker.docker(['pull', `${registry.host}/library/busybox:other`])).stderr).toContain(
    'no matching manifest for linux/386 in the manifest list entries',
  );
});

describe('transfers that break', () => {
  let server: Server | undefined;
  afterAll(() => void server?.close());

  /** Stands before the registry. @param breaks decides whether an answer, or a request's body, is cut after a megabyte */
  async function unreliable(breaks: (request: IncomingMessage) => 'answer' | 'request' | undefined): Promise<string> {
    server?.close();
    const [hostname, port] = registry.host.split(':');
    server = createServer((request, response) => {
      const cut = breaks(request);
      const headers = { ...request.headers, host: request.headers.host };
      const onward = askHttp({ hostname, port, method: request.method, path: request.url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        let sent = 0;
        answer.on('data', (chunk: Buffer) => {
          sent += chunk.length;
          if (cut === 'answer' && sent > 1 << 20) response.destroy();
          else response.write(chunk);
        });
        answer.on('end', () => response.end());
      });
      onward.on('error', () => response.destroy());
      let received = 0;
      request.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (cut === 'request' && received > 1 << 20) {
          onward.destroy();
          request.socket.destroy();
        } else onward.write(chunk);
      });
      request.on('end', () => onward.end());
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return `localhost:${(server.address() as AddressInfo).port}`;
  }

  test('a download goes on where it broke', async () => {
    const ranges: (string | undefined)[] = [];
    const host = await unreliable((request) => {
      if (request.method !== 'GET' || !request.url?.includes('/blobs/')) return undefined;
      ranges.push(request.headers.range);
      return ranges.length === 2 ? 'answer' : undefined;
    });
    await output('rmi', `${registry.host}/large`);
    const { stdout, status } = await docker.docker(['pull', `${host}/large`]);
    expect(status).toBe(0);
    expect(stdout).toContain(': Retrying in 5 seconds\n');
    // Configuration and layer, then the rest of one of them.
    expect(ranges.filter((range) => range !== undefined)).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  });

  test('an upload is finished after it broke', async () => {
    let count = 0;
    const host = await unreliable((request) => (request.method === 'PATCH' && ++count === 2 ? 'request' : undefined));
    await largeImage(`${host}/large2`, 9 << 20);
    const { stdout, status } = await docker.docker(['push', `${host}/large2`]);
    expect({ stdout, status }).toMatchObject({ status: 0, stdout: expect.stringContaining(': Retrying in 5 seconds\n') as string });
    expect((await size(registry.host, 'large2/tags/list')).status).toBe(200);
  });
});

describe('a registry with logins', () => {
  let guarded: DockerRegistry;
  let tokens: TokenService | undefined;

  describe.each(['basic', 'token'] as const)('of the kind %s', (kind) => {
    beforeAll(async () => {
      tokens = kind === 'token' ? await startTokenService() : undefined;
      guarded = await startRegistry(tokens ?? 'basic');
      await output('tag', `${registry.host}/library/busybox`, `${guarded.host}/busybox`);
    });
    afterAll(async () => {
      await guarded.stop();
      await tokens?.stop();
    });

    test('keeps out who brings nothing, or something wrong', async () => {
      const push = await docker.docker(['push', `${guarded.host}/busybox`]);
      const refusal = kind === 'basic' ? 'no basic auth credentials' : 'unauthorized: incorrect username or password';
      expect(push).toMatchObject({ status: 1, stderr: `${refusal}\n` });
      expect(await docker.docker(['pull', `${guarded.host}/busybox`])).toMatchObject({
        status: 1,
        stderr: `Error response from daemon: Head "http://${guarded.host}/v2/busybox/manifests/latest": ${refusal}\n`,
      });
      const login = await docker.docker(['login', '-u', user.name, '--password-stdin', guarded.host], 'wrong');
      expect(login.status).toBe(1);
      expect(login.stderr).toContain(
        kind === 'basic'
          ? `login attempt to http://${guarded.host}/v2/ failed with status: 401 Unauthorized`
          : `Get "http://${guarded.host}/v2/": unauthorized: incorrect username or password`,
      );
    });

    test('lets in who logged in, until they log out', async () => {
      const login = await docker.docker(['login', '-u', user.name, '--password-stdin', guarded.host], user.password);
      expect(login).toMatchObject({ status: 0, stdout: 'Login Succeeded\n' });
      expect(await output('push', `${guarded.host}/busybox`)).toContain(': Pushed\n');
      await output('tag', `${guarded.host}/busybox`, `${guarded.host}/second`);
      expect(await output('push', `${guarded.host}/second`)).toContain(': Mounted from busybox\n');
      await output('rmi', `${guarded.host}/busybox`);
      expect(await output('pull', '-q', `${guarded.host}/busybox`)).toBe(`${guarded.host}/busybox:latest\n`);
      expect(await output('run', '--rm', `${guarded.host}/busybox`, 'echo', 'in')).toBe('in\n');
      await output('logout', guarded.host);
      expect((await docker.docker(['pull', `${guarded.host}/busybox`])).status).toBe(1);
      if (tokens) expect(tokens.asked).toEqual(expect.arrayContaining(['repository:busybox:push,pull', 'repository:busybox:pull']));
    });
  });
});
