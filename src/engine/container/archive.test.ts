/** `docker cp` through the API: what a path is, archives out and in, and archives that nobody should trust. */
import { beforeEach, describe, expect, it } from 'vitest';
import { concatBytes } from '../bytes.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { readTar } from '../oci/tar.ts';
import { packTar } from '../oci/tar-writer.ts';
import { TestDocker } from '../testing/test-docker.ts';

let docker: TestDocker;

beforeEach(async () => {
  docker = await TestDocker.start();
});

const text = new TextEncoder();
const common = { mode: 0o644, uid: 0, gid: 0, mtime: 1_500_000_000 };
const file = (path: string, content = ''): LayerEntry => ({ ...common, path, type: 'file', content: text.encode(content) });
const directory = (path: string): LayerEntry => ({ ...common, path, type: 'directory', mode: 0o755 });
const tarOf = (...entries: LayerEntry[]): Uint8Array => concatBytes(packTar(entries));

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

async function request(method: string, name: string, query: Record<string, string>, body?: Uint8Array): Promise<Answer> {
  const answering = docker.engine.api({
    method,
    path: `/containers/${name}/archive`,
    query: new Map(Object.entries(query).map(([key, value]) => [key, [value]])),
    headers: {},
    body: (async function* () {
      for (let at = 0; body && at < body.length; at += 1000) yield body.subarray(at, at + 1000);
    })(),
  });
  const { status, headers, body: answer } = await docker.pass(answering);
  const chunks: Uint8Array[] = [];
  if (answer.kind === 'bytes') chunks.push(answer.bytes);
  if (answer.kind === 'stream') for await (const chunk of answer.chunks) chunks.push(chunk);
  return { status, headers, body: concatBytes(chunks) };
}

const statOf = ({ headers }: Answer): unknown => JSON.parse(atob(headers['X-Docker-Container-Path-Stat']!));
const messageOf = ({ body }: Answer): unknown => (JSON.parse(new TextDecoder().decode(body)) as { message: unknown }).message;
const put = (name: string, path: string, body: Uint8Array, query: Record<string, string> = {}): Promise<Answer> =>
  request('PUT', name, { path, ...query }, body);
const names = ({ body }: Answer): string[] => [...readTar(body)].map((entry) => entry.name);

describe('a path in a container', () => {
  it('is described in a header', async () => {
    await docker.create('true', { name: 'web' });
    const head = await request('HEAD', 'web', { path: '/etc/passwd' });
    expect(head).toMatchObject({ status: 200, body: new Uint8Array(0) });
    expect(statOf(head)).toMatchObject({ name: 'passwd', mode: 0o644, linkTarget: '' });
    expect(statOf(await request('HEAD', 'web', { path: 'etc' }))).toMatchObject({ name: 'etc', mode: 2 ** 31 + 0o755 });
    expect(statOf(await request('HEAD', 'web', { path: '/' }))).toMatchObject({ name: '/' });
    expect(statOf(await request('HEAD', 'web', { path: '/etc/../etc/.' }))).toMatchObject({ name: '.' });
  });

  it('that is not there, of a container that is not there, or none at all', async () => {
    await docker.create('true', { name: 'web' });
    for (const method of ['GET', 'HEAD']) expect((await request(method, 'web', { path: '/none' })).status).toBe(404);
    expect(messageOf(await request('GET', 'web', { path: '/none' }))).toBe('Could not find the file /none in container web');
    expect(messageOf(await put('web', '/none', tarOf()))).toBe('Could not find the file /none in container web');
    expect(messageOf(await request('GET', 'nobody', { path: '/' }))).toBe('No such container: nobody');
    const nameless = await request('GET', 'web', {});
    expect([nameless.status, messageOf(nameless)]).toEqual([400, 'bad parameter: pathcannot be empty']);
  });
});

describe('an archive of a container', () => {
  it('has names that begin with the last of the path', async () => {
    await docker.create('true', { name: 'web' });
    await put('web', '/etc', tarOf(directory('d'), file('d/one', 'content'), file('d/two')));
    const whole = await request('GET', 'web', { path: '/etc/d' });
    expect(whole.headers['Content-Type']).toBe('application/x-tar');
    expect(names(whole)).toEqual(['d/', 'd/one', 'd/two']);
    expect(new TextDecoder().decode([...readTar(whole.body)][1]!.content)).toBe('content');
    expect(names(await request('GET', 'web', { path: '/etc/d/.' }))).toEqual(['./', './one', './two']);
    expect(names(await request('GET', 'web', { path: '/etc/d/one' }))).toEqual(['one']);
    expect(names(await request('GET', 'web', { path: '/' })).slice(0, 2)).toEqual(['/', '/bin/']);
  });

  it('holds up other verbs until it is taken or given up', async () => {
    await docker.create('true', { name: 'web' });
    const query = new Map([['path', ['/etc']]]);
    const body = (async function* () {})();
    const { body: answer } = await docker.engine.api({ method: 'GET', path: '/containers/web/archive', query, headers: {}, body });
    if (answer.kind !== 'stream') throw new Error('no stream');
    const chunks = answer.chunks[Symbol.asyncIterator]();
    await chunks.next();
    let started = false;
    const start = docker.start('web').then(() => (started = true));
    await docker.clock.advance(100);
    expect(started).toBe(false);
    await chunks.return?.();
    await start;
  });
});

describe('an archive for a container', () => {
  it('makes files, also of one that is compressed', async () => {
    await docker.create('cat /tmp/new/file', { name: 'web' });
    const tar = tarOf(directory('new'), file('new/file', 'hello'));
    const gzip = await docker.node.ports.compression.gzip(tar);
    for (const body of [tar, gzip]) expect(await put('web', '/tmp', body)).toMatchObject({ status: 200 });
    expect(names(await request('GET', 'web', { path: '/tmp' }))).toEqual(['tmp/', 'tmp/new/', 'tmp/new/file']);
  });

  it('needs a directory that may be written to', async () => {
    await docker.create('true', { name: 'web', HostConfig: { ReadonlyRootfs: true, Binds: ['data:/data', 'kept:/kept:ro'] } });
    await docker.create('true', { name: 'other' });
    const answer = await put('web', '/etc', tarOf(file('x')));
    expect([answer.status, messageOf(answer)]).toEqual([400, 'container rootfs is marked read-only']);
    const point = await put('other', '/etc/passwd', tarOf(file('x')));
    expect([point.status, messageOf(point)]).toEqual([400, 'extraction point is not a directory']);
  });

  it.each<[string, LayerEntry, string]>([
    ['a name that leads out', file('../../x'), '"../../x" is outside of "/tmp"'],
    ['a hard link that leads out', { ...common, path: 'x', type: 'hardlink', linkName: '../../etc/passwd' }, 'invalid hardlink'],
    ['a link that leads out', { ...common, path: 'x', type: 'symlink', linkName: '../../etc' }, 'invalid symlink'],
  ])('is refused with %s', async (_, entry, message) => {
    await docker.create('true', { name: 'web' });
    const answer = await put('web', '/tmp', tarOf(file('before'), entry));
    expect(answer.status).toBe(500);
    expect(messageOf(answer)).toContain(message);
  });

  it('that is damaged or cut off is an error, whatever it is', async () => {
    await docker.create('true', { name: 'web' });
    const tar = tarOf(directory('d'), file('d/file', 'x'.repeat(3000)));
    const cut = await put('web', '/tmp', tar.subarray(0, 2000));
    expect([cut.status, messageOf(cut)]).toEqual([500, 'unexpected EOF']);
    const noise = new Uint8Array(2048).map((_, i) => (i * 7) & 0xff);
    expect((await put('web', '/tmp', noise)).status).toBe(500);
    expect((await put('web', '/tmp', new Uint8Array(0))).status).toBe(200);
  });

  it('may be told to leave kinds as they are', async () => {
    await docker.create('true', { name: 'web' });
    const answer = await put('web', '/', tarOf(file('etc')), { noOverwriteDirNonDir: 'true' });
    expect([answer.status, messageOf(answer)]).toEqual([500, 'cannot overwrite directory "/etc" with non-directory "/"']);
  });
});
