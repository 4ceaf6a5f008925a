import { expect, it } from 'vitest';
import { ApiClient } from '#engine/api/client.ts';
import type { ApiHandler } from '#engine/api/http.ts';
import type { CommandContext } from '../command.ts';
import { ParsedFlags } from '../flags/parse.ts';
import { FakeEnvironment } from '../testing.ts';
import { configCommand } from './config.ts';

const digest = `sha256:${'d'.repeat(64)}`;
const asked: string[] = [];

/** A registry's answer to what the daemon is asked about an image. */
const daemon: ApiHandler = (request) => {
  asked.push(request.path);
  const body = new TextEncoder().encode(JSON.stringify({ Descriptor: { digest }, Platforms: [] }));
  return Promise.resolve({ status: 200, headers: { 'Content-Type': 'application/json' }, body: { kind: 'bytes', bytes: body } });
};

const files = {
  'compose.yaml': 'services: {web: {image: "busybox:${TAG:-1}", volumes: ["data:/d"]}, db: {image: postgres}}\nvolumes: {data: {}}',
};

/** Runs `docker compose config` with some flags; the rest have their defaults. */
async function config(given: Record<string, string | boolean>, args: string[] = [], compatibility = false) {
  const environment = new FakeEnvironment({
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [`/root/app/${name}`, text])),
    cwd: '/root/app',
  });
  const flags = new ParsedFlags();
  const booleans =
    'images no-consistency no-interpolate no-normalize no-path-resolution profiles quiet resolve-image-digests services variables volumes';
  for (const name of booleans.split(' ')) flags.set(name, false, false);
  for (const [name, value] of Object.entries({ format: 'yaml', hash: '', output: '', ...given })) flags.set(name, value, true);
  let out = '';
  const context: Partial<CommandContext> = {
    environment,
    flags,
    args,
    api: () => Promise.resolve(new ApiClient(daemon)),
    config: () => Promise.resolve({}),
    out: (text) => {
      out += text;
      return Promise.resolve();
    },
  };
  const load = { cwd: '/root/app', environment: {}, reader: environment.files, warn: (): void => undefined };
  await configCommand(() => ({ load, compatibility })).run(context as CommandContext);
  return { out, environment };
}

it('prints what its flags ask for', async () => {
  expect((await config({})).out).toContain('    image: busybox:1\n');
  expect((await config({ format: 'json' }, ['db'])).out).toMatch(
    /^\{\n  "name": "app",\n  "networks": \{[^]*"db": \{[^]*"image": "postgres"[^]*\}$/,
  );
  expect((await config({ format: 'json' }, ['db'])).out).not.toContain('busybox');
  expect((await config({ services: true })).out).toBe('db\nweb\n');
  expect((await config({ volumes: true })).out).toBe('data\n');
  expect((await config({ images: true })).out).toBe('postgres\nbusybox:1\n');
  expect((await config({ hash: 'web' })).out).toMatch(/^web [0-9a-f]{64}\n$/);
  expect((await config({ variables: true })).out).toContain('TAG                 false               1');
  expect((await config({ quiet: true })).out).toBe('');
  // As Compose 1 was, without what is implied.
  expect((await config({}, [], true)).out).not.toContain('default');
});

it('leaves variables, and pins images to what a registry has now', async () => {
  const raw = (await config({ 'no-interpolate': true, 'no-normalize': true })).out;
  expect(raw).toContain('    image: busybox:${TAG:-1}\n');
  asked.length = 0;
  const { out } = await config({ 'resolve-image-digests': true });
  expect(asked.join('\n')).toContain('/distribution/docker.io/library/busybox:1/json');
  expect(out).toContain(`    image: docker.io/library/busybox:1@${digest}\n`);
});

it('writes to a file', async () => {
  const { out, environment } = await config({ output: 'out.yaml' });
  expect(out).toBe('');
  expect(new TextDecoder().decode(await environment.files.read('/root/app/out.yaml'))).toMatch(/^name: app\nservices:\n/);
  await expect(config({ output: 'none/out.yaml' })).rejects.toThrow('open none/out.yaml: no such file or directory');
});
