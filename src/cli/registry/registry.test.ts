/** Logging in and out, what is kept of it, and what goes with pushes and pulls; against the engine and a registry in memory. */
import { beforeEach, describe, expect, it } from 'vitest';
import { credentialsByRegistry } from '#engine/api/routes/registry-auth.ts';
import { tar } from '#engine/testing/image-fixture.ts';
import { testEngine, type TestEngine } from '#engine/testing/test-engine.ts';
import { readClientConfig } from '../client-config.ts';
import type { CommandContext } from '../command.ts';
import { allRegistryAuths } from './credentials.ts';
import { FakeEnvironment, runDocker, type CliResult, type FakeOptions } from '../testing.ts';
import { runCli } from '../cli.ts';

const CONFIG = '/root/.docker/config.json';
const HUB = 'https://index.docker.io/v1/';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

let machine: TestEngine;
let files: Record<string, string>;

beforeEach(async () => {
  machine = await testEngine();
  files = {};
  await machine.registry.add(['docker.io/library/busybox:latest', 'reg.test/app:v1'], [await tar('a', 'b')], {
    config: { Labels: { 'org.opencontainers.image.description': 'A shell and its small tools, in one program for many purposes' } },
  });
});

/** Runs a command; what it leaves of the configuration is there for the next. */
async function docker(args: string[], options: Omit<FakeOptions, 'args'> = {}): Promise<CliResult> {
  const result = await runDocker(args, { handler: machine.engine.api, clock: machine.clock, files, ...options });
  const config = result.environment.files.contents.get(CONFIG);
  if (config) files = { [CONFIG]: new TextDecoder().decode(config) };
  return result;
}

const ask = (scheme: 'basic' | 'bearer'): void =>
  void machine.registry.logins.set('reg.test', { scheme, username: 'ada', password: 'pw', identityToken: 'identity', tokens: new Set() });
const config = (): unknown => JSON.parse(files[CONFIG] ?? 'null');

describe('docker login', () => {
  it('keeps what worked, and warns once', async () => {
    ask('basic');
    const result = await docker(['login', '-u', 'ada', '-p', 'pw', 'reg.test']);
    expect(result).toMatchObject({
      status: 0,
      stdout: 'Login Succeeded\n',
      stderr: `WARNING! Using --password via the CLI is insecure. Use --password-stdin.

WARNING! Your credentials are stored unencrypted in '/root/.docker/config.json'.
Configure a credential helper to remove this warning. See
https://docs.docker.com/go/credential-store/

`,
    });
    expect(result.environment.files.describe(CONFIG)).toBe(
      `600 {\n\t"auths": {\n\t\t"reg.test": {\n\t\t\t"auth": "${base64('ada:pw')}"\n\t\t}\n\t}\n}`,
    );
    expect(await docker(['login', '-u', 'ada', '--password-stdin', 'reg.test'], { stdin: 'pw\n' })).toMatchObject({
      stdout: 'Login Succeeded\n',
      stderr: '',
    });
  });

  it('keeps a token instead of the password where there is one', async () => {
    ask('bearer');
    expect((await docker(['login', '-u', 'ada', '-p', 'pw', 'https://reg.test/v2/'])).stderr).not.toContain('stored unencrypted');
    expect(config()).toEqual({ auths: { 'reg.test': { auth: base64('ada:'), identitytoken: 'identity' } } });
    expect((await docker(['pull', '-q', 'reg.test/app:v1'])).status).toBe(0);
  });

  it('leaves what else the file holds', async () => {
    ask('basic');
    files = { [CONFIG]: '{"psFormat": "{{.ID}}", "auths": {"other": {"auth": "eA=="}}, "x": [1]}' };
    await docker(['login', '-u', 'ada', '--password-stdin', 'reg.test'], { stdin: 'pw' });
    expect(config()).toEqual({ psFormat: '{{.ID}}', auths: { other: { auth: 'eA==' }, 'reg.test': { auth: base64('ada:pw') } }, x: [1] });
  });

  it.each([
    [['-p', 'x', '--password-stdin', '-u', 'u'], 'conflicting options: cannot specify both --password and --password-stdin'],
    [['--password-stdin'], 'the --password-stdin option requires --username to be set'],
    [['-u', ''], 'username is empty'],
    [['-p', ''], 'password is empty'],
    [['-u', 'u'], 'Error: Cannot perform an interactive login from a non TTY device'],
    [[], 'Error: Cannot perform an interactive login from a non TTY device'],
  ])('%j is refused', async (flags, message) => {
    expect(await docker(['login', ...flags, 'reg.test'])).toMatchObject({ status: 1, stderr: `${message}\n` });
  });

  it('says what the registry says', async () => {
    ask('bearer');
    expect(await docker(['login', '-u', 'ada', '--password-stdin', 'reg.test'], { stdin: 'no' })).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'Error response from daemon: Get "http://reg.test/v2/": unauthorized: incorrect username or password\n',
    });
    expect(files).toEqual({});
  });

  it('tries what was kept, and asks when that does not work any more', async () => {
    ask('basic');
    files = { [CONFIG]: JSON.stringify({ auths: { 'reg.test': { auth: base64('ada:pw') } } }) };
    const again = await docker(['login', 'reg.test']);
    expect(again).toMatchObject({
      status: 0,
      stdout: 'Login Succeeded\n',
      stderr:
        "Authenticating with existing credentials... [Username: ada]\n\n Info -> To login with a different account, run 'docker logout' followed by 'docker login'\n\n\n",
    });
    files = { [CONFIG]: JSON.stringify({ auths: { 'reg.test': { auth: base64('ada:old') } } }) };
    const stale = await typed(['login', 'reg.test'], ['\r', 'pw\r']);
    expect(stale.stdout.text).toBe('Username (ada): Password: \nLogin Succeeded\n');
    expect(stale.stderr.text).toContain(
      'Login did not succeed, error: Error response from daemon: login attempt to http://reg.test/v2/ failed',
    );
  });

  it('asks on a terminal, and hides the password', async () => {
    ask('basic');
    // With a key too much that is taken back.
    const environment = await typed(['login', 'reg.test'], ['ada\n', 'pwx\x7f', '\r']);
    expect(environment.stdout.text).toBe('Username: Password: \nLogin Succeeded\n');
    expect(environment.stdin.raw).toBe(false);
    expect((await typed(['login', 'reg.test'], ['\n'])).stderr.text).toBe('Error: Non-null Username Required\n');
    expect((await typed(['login', '-u', 'ada', 'reg.test'], ['\r'])).stderr.text).toBe('Error: Password Required\n');
    const interrupted = await typed(['login', '-u', 'ada', 'reg.test'], ['p\x03'], 130);
    expect(interrupted.stdin.raw).toBe(false);
  });

  it('to Docker Hub ends in one line', async () => {
    expect(await docker(['login', '-u', 'ada', '--password-stdin'], { stdin: 'pw' })).toMatchObject({
      status: 1,
      stderr:
        'Error response from daemon: Get "https://registry-1.docker.io/v2/": Docker Hub cannot be reached from here; the images shipped with Drydock need no login\n',
    });
    const asked = await typed(['login'], ['ada\n', 'pw\r'], 1);
    expect(asked.stderr.text).toMatch(/^Failed to start web-based login - falling back to command line login\.\.\.\n\n/);
    expect(asked.stdout.text).toMatch(/^Log in with your Docker ID or email address to push and pull images from Docker Hub\./);
  });

  /** Runs a command at a terminal at which a person types; says its status where that is not 0 or an error's. */
  async function typed(args: string[], keys: string[], status?: number): Promise<FakeEnvironment> {
    const environment = new FakeEnvironment({
      args,
      handler: machine.engine.api,
      clock: machine.clock,
      files,
      terminal: { rows: 24, columns: 80 },
    });
    environment.stdin.chunks = async function* () {
      for (const key of keys) yield new TextEncoder().encode(key);
    };
    const ended = await runCli(environment);
    if (status !== undefined) expect(ended).toBe(status);
    return environment;
  }
});

describe('docker logout', () => {
  it('forgets every spelling of a registry', async () => {
    files = { [CONFIG]: JSON.stringify({ auths: { 'reg.test': {}, 'https://reg.test': {}, other: {} } }) };
    expect(await docker(['logout', 'https://reg.test/x'])).toMatchObject({
      status: 0,
      stdout: 'Removing login credentials for reg.test\n',
      stderr: '',
    });
    expect(config()).toEqual({ auths: { other: {} } });
  });

  it('of what was never known says the same and writes nothing', async () => {
    const result = await docker(['logout']);
    expect(result).toMatchObject({ status: 0, stdout: `Removing login credentials for ${HUB}\n`, stderr: '' });
    expect(files).toEqual({});
  });
});

describe('credentials', () => {
  it('go with pull, push, run and search', async () => {
    ask('basic');
    expect((await docker(['pull', 'reg.test/app:v1'])).stderr).toContain('no basic auth credentials');
    await docker(['login', '-u', 'ada', '--password-stdin', 'reg.test'], { stdin: 'pw' });
    expect((await docker(['run', '--rm', 'reg.test/app:v1', 'true'])).stderr).toContain(
      'Status: Downloaded newer image for reg.test/app:v1\n',
    );
    expect(await docker(['push', '-q', 'reg.test/app:v1'])).toMatchObject({ status: 0, stdout: 'reg.test/app:v1\n', stderr: '' });
    const pushed = await docker(['push', '-a', 'reg.test/app']);
    expect(pushed.stdout).toMatch(
      /^The push refers to repository \[reg\.test\/app\]\n\w{12}: Preparing\n\w{12}: Layer already exists\nv1: digest: sha256:\w{64} size: \d+\n$/,
    );
    await docker(['logout', 'reg.test']);
    expect((await docker(['push', 'reg.test/app:v1'])).stderr).toBe('no basic auth credentials\n');
  });
});

describe('credentials of a build', () => {
  it('are those of every registry', async () => {
    files = { [CONFIG]: JSON.stringify({ auths: { 'reg.test': { auth: base64('ada:pw') }, b: { identitytoken: 't' } } }) };
    const environment = new FakeEnvironment({ files });
    const context = { config: () => readClientConfig(environment, '/root/.docker') } as unknown as CommandContext;
    const { 'X-Registry-Config': header = '' } = await allRegistryAuths(context);
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      b: { serveraddress: 'b', identitytoken: 't' },
      'reg.test': { username: 'ada', password: 'pw', serveraddress: 'reg.test' },
    });
    const find = credentialsByRegistry(header);
    expect(find({ domain: 'reg.test' })).toMatchObject({ username: 'ada', password: 'pw' });
    expect(find({ domain: 'b' })).toMatchObject({ identityToken: 't' });
    expect(find({ domain: 'docker.io' })).toBeUndefined();
    for (const bad of ['', '%', 'e30', 'bnVsbA==', 'WzFd']) expect(credentialsByRegistry(bad)({ domain: 'b' })).toBeUndefined();
  });
});

describe('docker push', () => {
  it.each([
    [['push', '-a', 'a:b'], "tag can't be used with --all-tags/-a\n"],
    [['push', 'a@sha256:' + '0'.repeat(64)], 'cannot push a digest reference\n'],
    [['push', 'Bad'], 'invalid reference format: repository name (library/Bad) must be lowercase\n'],
    [['push', 'nosuch'], 'An image does not exist locally with the tag: nosuch\n'],
  ])('%j', async (args, message) => {
    expect(await docker(args)).toMatchObject({ status: 1, stderr: message });
  });
});

describe('docker search', () => {
  it('looks through what is shipped', async () => {
    expect((await docker(['search', 'busy'])).stdout).toBe(
      'NAME      DESCRIPTION                                     STARS     OFFICIAL\nbusybox   A shell and its small tools, in one program …   0         [OK]\n',
    );
    expect((await docker(['search', '--no-trunc', '--format', '{{.Description}}', 'SHELL'])).stdout).toContain('for many purposes\n');
    expect((await docker(['search', '--filter', 'is-official=false', 'busybox'])).stdout).toBe(
      'NAME      DESCRIPTION   STARS     OFFICIAL\n',
    );
  });

  it.each([
    [['search', 'nosuch'], 'Docker Hub cannot be searched from here. Images available: busybox'],
    [['search', 'localhost:5000/x'], 'localhost:5000 cannot be searched: registries have no search, only Docker Hub has'],
    [['search', '--limit', '101', 'x'], 'limit 101 is outside the range of [1, 100]'],
    [['search', '--filter', 'no=x', 'x'], "invalid filter 'no'"],
    [['search', 'https://x/y'], 'invalid repository name: repository name (https://x/y) should not have a scheme'],
  ])('%j', async (args, message) => {
    expect(await docker(args)).toMatchObject({ status: 1, stderr: `Error response from daemon: ${message}\n` });
  });
});

describe('docker manifest inspect', () => {
  it('shows a manifest as it is, indented with tabs', async () => {
    const shown = await docker(['manifest', 'inspect', 'reg.test/app:v1']);
    expect(shown.stdout).toMatch(
      /^\{\n\t"schemaVersion": 2,\n\t"mediaType": "application\/vnd\.docker\.distribution\.manifest\.v2\+json",\n\t"config": \{\n\t\t"mediaType"/,
    );
    const verbose = JSON.parse((await docker(['manifest', 'inspect', '-v', 'reg.test/app:v1'])).stdout) as Record<string, unknown>;
    expect(Object.keys(verbose)).toEqual(['Ref', 'Descriptor', 'Raw', 'SchemaV2Manifest']);
    expect(verbose).toMatchObject({
      Ref: 'reg.test/app:v1',
      Descriptor: { platform: { architecture: '386', os: 'linux' } },
      SchemaV2Manifest: JSON.parse(shown.stdout) as object,
    });
  });

  it('shows an index as a list of its platforms', async () => {
    const digest = machine.registry.tags.get('reg.test/app:v1')!;
    const entry = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: 9,
      digest,
      platform: { os: 'linux', architecture: '386' },
    };
    const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [entry] };
    await machine.registry.addManifest(['reg.test/app:index'], index);
    expect((await docker(['manifest', 'inspect', 'reg.test/app:index'])).stdout).toBe(
      `${JSON.stringify({ ...index, manifests: [{ ...entry, platform: { architecture: '386', os: 'linux' } }] }, undefined, 3)}\n`,
    );
    const verbose = JSON.parse((await docker(['manifest', 'inspect', '-v', 'reg.test/app:index'])).stdout) as { Ref: string }[];
    expect(verbose.map(({ Ref }) => Ref)).toEqual([`reg.test/app:index@${digest}`]);
  });

  it('of nothing says so', async () => {
    expect(await docker(['manifest', 'inspect', 'reg.test/app:nope'])).toMatchObject({
      status: 1,
      stderr: 'no such manifest: reg.test/app:nope\n',
    });
    expect(await docker(['manifest', 'inspect', 'list', 'reg.test/app:v1'])).toMatchObject({
      status: 1,
      stderr: 'No such manifest: reg.test/app:v1\n',
    });
  });
});
