/** The client's release: the file that says it, and what it and the daemon's make of a command. */
import { beforeAll, describe, expect, it, test } from 'vitest';
import type { ApiHandler } from '#engine/api/http.ts';
import { createEngine } from '#engine/engine.ts';
import { newestRelease } from '#engine/engine-release.ts';
import { testEngine } from '#engine/testing/test-engine.ts';
import { newestClient, parseClientRelease } from './client-release.ts';
import { FakeEnvironment } from './testing.ts';
import { runCli } from './cli.ts';

const oldClient = '{"version":"24.0.9","apiVersion":"1.43","gitCommit":"abc"}';

describe('parseClientRelease', () => {
  it('reads what a package says', () => {
    expect(parseClientRelease(oldClient)).toEqual({ version: '24.0.9', apiVersion: '1.43', gitCommit: 'abc', buildTime: '' });
    expect(parseClientRelease(JSON.stringify(newestClient))).toEqual(newestClient);
  });

  it.each([
    ['', 'JSON'],
    ['null', 'it is no object'],
    ['{}', 'version is not valid'],
    ['{"version":"24.0.9"}', 'apiVersion is not valid'],
    ['{"version":"24.0.9","apiVersion":"1.99"}', 'apiVersion 1.99 is not known'],
    ['{"version":"24.0.9","apiVersion":"1.43","gitCommit":"a b"}', 'gitCommit is not valid'],
  ])('refuses %j', (text, why) => {
    expect(() => parseClientRelease(text)).toThrow(why);
  });
});

let newest: ApiHandler;
let old: ApiHandler;

beforeAll(async () => {
  const node = await testEngine();
  newest = node.engine.api;
  const release = { ...newestRelease, version: '24.0.9', apiVersion: '1.43', minApiVersion: '1.12' };
  const engine = createEngine({ ...(await testEngine()).ports, readRelease: () => Promise.resolve(release) });
  await engine.start();
  old = engine.api;
});

interface Ran {
  out: string;
  err: string;
  status: number;
}

async function docker(line: string, handler: ApiHandler, client?: string, env: Record<string, string> = {}): Promise<Ran> {
  const files: Record<string, string> = client === undefined ? {} : { '/usr/lib/docker/cli.json': client };
  const environment = new FakeEnvironment({ args: line.split(' '), handler, env, files });
  const status = await runCli(environment);
  return { out: environment.stdout.text, err: environment.stderr.text, status };
}

describe('docker version', () => {
  const versions = '{{.Client.Version}} {{.Client.APIVersion}} {{.Client.DefaultAPIVersion}} {{.Server.Version}} {{.Server.APIVersion}}';
  const format = versions.replaceAll(' ', ',');

  test.each([
    ['both new', 'new', undefined, '28.2.2,1.50,1.50,28.2.2,1.50'],
    ['a new client and an old daemon', 'old', undefined, '28.2.2,1.43,1.50,24.0.9,1.43'],
    ['an old client and a new daemon', 'new', oldClient, '24.0.9,1.43,1.43,28.2.2,1.50'],
    ['both old', 'old', oldClient, '24.0.9,1.43,1.43,24.0.9,1.43'],
  ])('%s', async (_, daemon, client, expected) => {
    expect((await docker(`version --format ${format}`, daemon === 'old' ? old : newest, client)).out).toBe(`${expected}\n`);
  });

  test('says that it speaks less than it could', async () => {
    expect((await docker('version', old)).out).toMatch(/^ API version: +1\.43 \(downgraded from 1\.50\)$/m);
    expect((await docker('version', old)).out).toMatch(/^ {2}API version: +1\.43 \(minimum version 1\.12\)$/m);
  });

  test('a version that is fixed is not negotiated', async () => {
    const { err, status } = await docker('ps', old, undefined, { DOCKER_API_VERSION: '1.50' });
    expect(err).toBe('Error response from daemon: client version 1.50 is too new. Maximum supported API version is 1.43\n');
    expect(status).toBe(1);
  });

  test('of the program', async () => {
    expect((await docker('--version', newest, oldClient)).out).toBe('Docker version 24.0.9, build abc\n');
    expect((await docker('info', newest, oldClient)).out).toMatch(/^Client:\n Version: {4}24\.0\.9\n/);
  });

  test('a file that is damaged', async () => {
    const { err, status } = await docker('version', newest, '{"version":"x"}');
    expect(err).toBe("the client's release cannot be read: /usr/lib/docker/cli.json: version is not valid\n");
    expect(status).toBe(1);
  });
});

describe('flags', () => {
  // As docker 28.2.2 said them to a daemon of API 1.43.
  test.each([
    ['images --tree', 'tree', '1.47'],
    ['image inspect --platform linux/386 x', 'platform', '1.49'],
    ['history --platform linux/386 x', 'platform', '1.48'],
    ['save --platform linux/386 -o o x', 'platform', '1.48'],
    ['load --platform linux/386', 'platform', '1.48'],
    ['push --platform linux/386 x', 'platform', '1.46'],
    ['rmi --platform linux/386 x', 'platform', '1.50'],
    ['create --health-start-interval 5s x', 'health-start-interval', '1.44'],
  ])('%s needs a newer daemon', async (line, flag, version) => {
    const { err, status } = await docker(line, old);
    expect(err).toBe(`"--${flag}" requires API version ${version}, but the Docker daemon API version is 1.43\n`);
    expect(status).toBe(1);
  });

  test('an older client does not know them', async () => {
    expect(await docker('images --tree', newest, oldClient)).toEqual({
      out: '',
      err: "unknown flag: --tree\nSee 'docker images --help'.\n",
      status: 125,
    });
    expect((await docker('images -q', newest, oldClient)).status).toBe(0);
  });

  test('help lists those that there are', async () => {
    expect((await docker('history --help', newest)).out).toContain('--platform');
    expect((await docker('history --help', old)).out).not.toContain('--platform');
    expect((await docker('history --help', newest, oldClient)).out).not.toContain('--platform');
    expect((await docker('images --help', old, oldClient)).out).toContain('--no-trunc');
  });
});
