/** How registries want to be asked, and what becomes of logins, tokens and redirects. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { base64 } from '../base64.ts';
import { VirtualClock } from '../clock.ts';
import { imageFixture, tar, type ImageFixture } from '../testing/image-fixture.ts';
import { FakeRegistry, respond, type FakeLogin } from '../testing/fake-registry.ts';
import type { TestEngine } from '../testing/test-engine.ts';
import { parseChallenges } from './registry-challenge.ts';
import { RegistrySession } from './registry-session.ts';
import type { RegistryResponse } from './registry-port.ts';

const auth = (config: object): Record<string, string> => ({ 'X-Registry-Auth': base64(new TextEncoder().encode(JSON.stringify(config))) });
const ada = { username: 'ada', password: 'secret' };

describe('challenges', () => {
  it.each([
    ['Basic realm="basic-realm"', [{ scheme: 'basic', parameters: { realm: 'basic-realm' } }]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' },
        },
      ],
    ],
    [
      'Bearer Realm="x" , ERROR=insufficient_scope, Basic realm="a \\"b\\"", Negotiate',
      [
        { scheme: 'bearer', parameters: { realm: 'x', error: 'insufficient_scope' } },
        { scheme: 'basic', parameters: { realm: 'a "b"' } },
        { scheme: 'negotiate', parameters: {} },
      ],
    ],
    ['', []],
    ['"', []],
    ['Basic realm="open', [{ scheme: 'basic', parameters: {} }]],
  ])('%s', (header, expected) => {
    expect(parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } }))).toEqual(expected);
  });

  it('are read from anything without harm', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), fc.stringMatching(/^(Bearer |Basic |a="[^"]*",? ?|\\|")*$/)), (header) => {
        expect(parseChallenges(header).length).toBeLessThanOrEqual(16);
      }),
    );
    const began = process.cpuUsage().user;
    parseChallenges(`Bearer ${'a="'.repeat(100_000)}`);
    parseChallenges(`${' ,'.repeat(100_000)}=`);
    expect(process.cpuUsage().user - began).toBeLessThan(1_000_000);
  });
});

describe('a registry with logins', () => {
  let docker: TestEngine;
  let tag: ImageFixture['tag'];
  let login: FakeLogin;

  const setUp = async (scheme: 'basic' | 'bearer'): Promise<void> => {
    ({ docker, tag } = await imageFixture());
    await docker.registry.add(['reg.test/team/app:v1'], [await tar('a', 'b')]);
    login = { scheme, ...ada, identityToken: 'identity', tokens: new Set() };
    docker.registry.logins.set('reg.test', login);
  };
  const pull = (config?: object): Promise<unknown> => pullWith(docker, config);
  const logIn = (config: object): Promise<{ IdentityToken: string; Status: string }> =>
    docker.client.post('/auth', { json: { serveraddress: 'reg.test', ...config } });

  describe.each(['basic', 'bearer'] as const)('of the %s kind', (scheme) => {
    beforeEach(() => setUp(scheme));

    it('lets the right one in', async () => {
      await pull(ada);
      await tag('reg.test/team/app:v1', 'reg.test/team/two', 'v1');
      const { chunks } = await docker.client.stream('/images/reg.test/team/two/push', {
        method: 'POST',
        query: { tag: 'v1' },
        headers: auth(ada),
      });
      let all = '';
      for await (const chunk of chunks) all += new TextDecoder().decode(chunk);
      expect(all).toContain('"aux":');
      expect(docker.registry.tags.has('reg.test/team/two:v1')).toBe(true);
    });

    it('asks again where nothing was sent, and only there', async () => {
      await pull(ada);
      const sent = docker.registry.requests
        .filter(({ host }) => host === 'reg.test')
        .map(({ headers }) => headers['authorization'] !== undefined);
      // The manifest; then what follows brings what was learnt.
      expect(sent).toEqual([false, true, true, true]);
    });

    it('answers a login', async () => {
      const token = scheme === 'bearer' ? 'identity' : '';
      expect(await logIn(ada)).toEqual({ IdentityToken: token, Status: 'Login Succeeded' });
    });
  });

  it('basic: tells what is wrong', async () => {
    await setUp('basic');
    await expect(pull()).rejects.toMatchObject({
      status: 500,
      message: 'Head "http://reg.test/v2/team/app/manifests/v1": no basic auth credentials',
    });
    await expect(pull({ ...ada, password: 'no' })).rejects.toMatchObject({ status: 500, message: 'unauthorized: authentication required' });
    await expect(logIn({ ...ada, password: 'no' })).rejects.toMatchObject({
      status: 500,
      message: 'login attempt to http://reg.test/v2/ failed with status: 401 Unauthorized',
    });
    await expect(logIn({})).rejects.toMatchObject({ status: 500, message: 'Get "http://reg.test/v2/": no basic auth credentials' });
  });

  it('bearer: tells what is wrong', async () => {
    await setUp('bearer');
    await expect(pull({ ...ada, password: 'no' })).rejects.toMatchObject({
      message: 'Head "http://reg.test/v2/team/app/manifests/v1": unauthorized: incorrect username or password',
    });
    await expect(logIn({ ...ada, password: 'no' })).rejects.toMatchObject({
      status: 401,
      message: 'Get "http://reg.test/v2/": unauthorized: incorrect username or password',
    });
  });

  it('bearer: takes an identity token, and asks for what is to be done', async () => {
    await setUp('bearer');
    await pull({ identitytoken: 'identity' });
    const asked = docker.registry.requests.find(({ host }) => host === 'auth.fake.test')!;
    expect(asked).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect(new TextDecoder().decode(asked.body)).toBe(
      'client_id=docker&grant_type=refresh_token&refresh_token=identity&scope=repository%3Ateam%2Fapp%3Apull&service=fake',
    );
    await pull(ada);
    const withName = docker.registry.requests.findLast(({ host }) => host === 'auth.fake.test')!;
    expect(withName.path).toBe('/token?service=fake&scope=repository%3Ateam%2Fapp%3Apull&account=ada');
  });

  it('bearer: a token that has expired is replaced', async () => {
    await setUp('bearer');
    const clock = new VirtualClock();
    const session = new RegistrySession({
      registry: docker.registry,
      clock,
      host: 'reg.test',
      credentials: ada,
      scopes: ['repository:team/app:pull'],
    });
    const get = (): Promise<RegistryResponse> => session.request({ method: 'GET', to: '/v2/' });
    expect((await get()).status).toBe(200);
    await clock.advance(299_000);
    expect((await get()).status).toBe(200);
    expect(login.tokens.size).toBe(1);
    await clock.advance(2000);
    expect((await get()).status).toBe(200);
    expect(login.tokens.size).toBe(2);
    // Revoked before its time.
    login.tokens.clear();
    expect((await get()).status).toBe(200);
  });

  it.each([
    ['no service', 'Bearer service="x"', undefined, 'no realm specified for token auth challenge'],
    ['no address', 'Bearer realm="javascript:1"', undefined, 'invalid token auth challenge realm: "javascript:1"'],
    ['no JSON', 'Bearer realm="https://t/"', 'x', 'unable to decode token response: invalid JSON'],
    ['no token', 'Bearer realm="https://t/"', '{}', 'authorization server did not include a token in the response'],
    [
      'a token that breaks out',
      'Bearer realm="https://t/"',
      '{"token":"a\\r\\nX: y"}',
      'authorization server did not include a token in the response',
    ],
  ])('bearer with %s', async (_, challenge, answer, message) => {
    await setUp('bearer');
    docker.registry.intercept = async ({ host }) => {
      if (host === 't') return respond(200, new TextEncoder().encode(answer), {});
      return host === 'reg.test'
        ? respond(401, new Uint8Array(), { 'www-authenticate': challenge }, { method: 'GET', host, path: '/v2/', headers: {} })
        : undefined;
    };
    await expect(pull(ada)).rejects.toMatchObject({ message: `Head "http://reg.test/v2/": ${message}` });
  });

  it('Docker Hub is said to be out of reach', async () => {
    await setUp('basic');
    for (const serveraddress of ['', 'https://index.docker.io/v1/', 'docker.io']) {
      await expect(docker.client.post('/auth', { json: { ...ada, serveraddress } })).rejects.toThrow(
        'Docker Hub cannot be reached from here',
      );
    }
    await expect(logIn({ serveraddress: 'a b' })).rejects.toMatchObject({ status: 400 });
    await expect(docker.client.post('/auth', { body: new Uint8Array() })).rejects.toMatchObject({ status: 500, message: 'EOF' });
  });
});

describe('redirects', () => {
  const clock = new VirtualClock();
  const registry = new FakeRegistry();
  const session = (): RegistrySession => new RegistrySession({ registry, clock, host: 'reg.test', credentials: ada, scopes: [] });

  beforeEach(() => {
    registry.requests.length = 0;
  });

  const moved = (status: number, location: string): RegistryResponse => respond(status, new Uint8Array(), { location });

  it('are followed, without credentials to another host', async () => {
    registry.logins.set('reg.test', { scheme: 'basic', ...ada, identityToken: '', tokens: new Set() });
    registry.intercept = async ({ host, path, headers }) =>
      host === 'reg.test' && path === '/v2/blob' && headers['authorization'] ? moved(307, 'https://storage.test/x?sign=1') : undefined;
    await session().request({ method: 'GET', to: '/v2/blob' });
    expect(registry.requests.at(-1)).toMatchObject({ host: 'storage.test', path: '/x?sign=1', scheme: 'https' });
    expect(registry.requests.at(-1)!.headers).toEqual({});
    registry.logins.clear();
  });

  it('in a circle end', async () => {
    registry.intercept = async () => moved(302, '/v2/again');
    await expect(session().request({ method: 'GET', to: '/v2/' })).rejects.toThrow('stopped after 10 redirects');
    expect(registry.requests).toHaveLength(11);
  });

  it('to nowhere are refused', async () => {
    registry.intercept = async () => moved(301, 'file:///etc/passwd');
    await expect(session().request({ method: 'GET', to: '/v2/' })).rejects.toThrow(
      'the registry named an address that is none: "file:///etc/passwd"',
    );
  });

  it('of a POST are followed only when it may be repeated', async () => {
    registry.intercept = async ({ path }) => (path === '/v2/a' ? moved(302, '/v2/b') : path === '/v2/c' ? moved(308, '/v2/d') : undefined);
    expect((await session().request({ method: 'POST', to: '/v2/a' })).status).toBe(302);
    await session().request({ method: 'POST', to: '/v2/c', body: new Uint8Array([1]) });
    expect(registry.requests.at(-1)).toMatchObject({ method: 'POST', path: '/v2/d', body: new Uint8Array([1]) });
  });
});

/** A pull with credentials, read to its end. */
async function pullWith(docker: TestEngine, config?: object): Promise<void> {
  const query = { fromImage: 'reg.test/team/app', tag: 'v1' };
  const { chunks } = await docker.client.stream('/images/create', { method: 'POST', query, headers: config ? auth(config) : {} });
  for await (const chunk of chunks) expect(new TextDecoder().decode(chunk)).not.toContain('errorDetail');
}
