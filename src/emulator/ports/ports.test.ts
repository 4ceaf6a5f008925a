/** The host ports: what registries, compression and clock do with ordinary and with bad input. */
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AssetFiles } from './asset-files.ts';
import { prefetching, readAsset } from './asset-files.ts';
import { systemClock } from './clock.ts';
import { systemCompression } from './compression.ts';
import { systemCrypto } from './crypto.ts';
import { systemRandom } from './random.ts';
import { Registries } from './registry.ts';

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

function filesOf(content: Record<string, string>, opened: string[] = []): AssetFiles {
  return {
    open(path) {
      opened.push(path);
      const text = content[path];
      return Promise.resolve(text === undefined ? undefined : { sizeBytes: text.length, chunks: one(encode(text)) });
    },
  };
}

describe('the shipped registry', () => {
  const digest = 'ab'.repeat(32);
  const type = 'application/vnd.oci.image.index.v1+json';
  const registries = new Registries(
    filesOf({
      'hub/v2/_catalog': '{"repositories":["library/hello-world","library/busybox"]}',
      'hub/v2/library/busybox/manifests/latest': `{"mediaType":"${type}"}`,
      [`hub/v2/library/busybox/manifests/sha256/${digest}`]: '{}',
      [`hub/v2/blobs/sha256/${digest}`]: 'layer',
      'hub/v2/library/spa/manifests/latest': '<!doctype html>',
    }),
  );
  const ask = async (path: string, method: 'GET' | 'HEAD' | 'PUT' = 'GET') => {
    const { status, headers, body } = await registries.request({ method, host: 'docker.io', path, headers: {} });
    let text = '';
    for await (const chunk of body) text += new TextDecoder().decode(chunk);
    return { status, headers, text };
  };

  it('lists what it has', async () => {
    expect(await registries.shipped()).toEqual(['library/busybox', 'library/hello-world']);
    expect(await new Registries(filesOf({})).shipped()).toEqual([]);
  });

  it('serves manifests with their own media type, and blobs by digest', async () => {
    expect(await ask('/v2/library/busybox/manifests/latest')).toMatchObject({ status: 200, headers: { 'content-type': type } });
    expect((await ask(`/v2/library/busybox/manifests/sha256:${digest}`)).headers['content-type']).toBe(
      'application/vnd.oci.image.manifest.v1+json',
    );
    expect(await ask(`/v2/library/busybox/blobs/sha256:${digest}`)).toMatchObject({
      status: 200,
      headers: { 'content-length': '5' },
      text: 'layer',
    });
    expect(await ask('/v2/library/busybox/manifests/latest', 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  it('answers as a registry does to what it does not have, or does not do', async () => {
    expect(await ask('/v2/library/nosuch/manifests/latest')).toMatchObject({
      status: 404,
      text: expect.stringContaining('MANIFEST_UNKNOWN'),
    });
    expect(await ask('/v2/library/spa/manifests/latest')).toMatchObject({ status: 404 });
    expect(await ask(`/v2/library/busybox/blobs/sha256:${'0'.repeat(64)}`)).toMatchObject({
      status: 404,
      text: expect.stringContaining('BLOB_UNKNOWN'),
    });
    expect(await ask('/v2/library/busybox/manifests/latest', 'PUT')).toMatchObject({
      status: 403,
      text: expect.stringContaining('DENIED'),
    });
  });
});

describe('other registries', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('say in one line that they cannot be reached', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')));
    const request = new Registries(filesOf({})).request({ method: 'GET', host: 'example.org', path: '/v2/a/manifests/b', headers: {} });
    await expect(request).rejects.toThrow(
      'Get "https://example.org/v2/": the registry at example.org does not answer, or does not allow this page to ask it (CORS)',
    );
  });

  it('name the file itself when it is none of a registry', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')));
    const request = new Registries(filesOf({})).request({
      method: 'GET',
      host: 'example.org',
      scheme: 'http',
      path: '/a.tar',
      headers: {},
    });
    await expect(request).rejects.toThrow('Get "http://example.org/a.tar": the server at example.org does not answer');
  });

  it('are asked over plain HTTP only on this computer', async () => {
    const asked: string[] = [];
    vi.stubGlobal(
      'fetch',
      (url: string) => (asked.push(url), Promise.resolve(new Response('x', { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } }))),
    );
    const registries = new Registries(filesOf({}));
    for (const host of ['localhost:5000', '127.0.0.1:5000', 'localhost.example.org', 'example.org:5000']) {
      const response = await registries.request({ method: 'GET', host, path: '/v2/', headers: {} });
      expect(response).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    }
    expect(asked).toEqual([
      'http://localhost:5000/v2/',
      'http://127.0.0.1:5000/v2/',
      'https://localhost.example.org/v2/',
      'https://example.org:5000/v2/',
    ]);
  });
});

describe('compression', () => {
  it('goes there and back', async () => {
    const bytes = systemRandom.bytes(200_000);
    expect(await systemCompression.gunzip(await systemCompression.gzip(bytes), 200_000)).toEqual(bytes);
  });

  it('refuses what is cut, damaged, or grows too large', async () => {
    const packed = new Uint8Array(gzipSync(new Uint8Array(1_000_000)));
    for (const bad of [packed.slice(0, -10), packed.map((byte, at) => (at === 300 ? byte ^ 0xff : byte)), encode('no gzip')]) {
      await expect(systemCompression.gunzip(bad, 2_000_000)).rejects.toMatchObject({ kind: 'data-loss' });
    }
    await expect(systemCompression.gunzip(packed, 999_999)).rejects.toThrow('exceeds 999999 bytes');
  });
});

describe('digests', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('are the same where the host has no digests of its own', async () => {
    const bytes = encode('abc');
    const native = await systemCrypto.sha256(bytes);
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    expect(await systemCrypto.sha256(bytes)).toEqual(native);
    expect(Buffer.from(native).toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('the clock', () => {
  afterEach(() => vi.restoreAllMocks());

  it('has fractions of milliseconds and never goes back by itself', () => {
    const times = Array.from({ length: 1000 }, () => systemClock.now());
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60);
  });

  it('follows when the host’s clock jumps, as after sleep', () => {
    const later = Date.now() + 3_600_000;
    vi.spyOn(Date, 'now').mockReturnValue(later);
    expect(Math.abs(systemClock.now() - later)).toBeLessThan(60);
  });

  it('cancels', async () => {
    let rang = 0;
    systemClock.after(5, () => rang++)();
    systemClock.after(5, () => rang++);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(rang).toBe(1);
  });
});

describe('files asked for early', () => {
  it('are fetched once, the state among them, and are the same', async () => {
    const opened: string[] = [];
    const content = { 'machine/manifest.json': '{}', 'state/current.json': '{"file":"a.state"}', 'state/a.state': 'bytes', 'hub/x': 'y' };
    const files = prefetching(filesOf(content, opened), ['machine/manifest.json', 'state/current.json']);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(opened).toEqual(['machine/manifest.json', 'state/current.json', 'state/a.state']);
    for (const [path, text] of Object.entries(content)) expect(new TextDecoder().decode(await readAsset(files, path))).toBe(text);
    expect(opened).toHaveLength(4);
  });

  it('may be missing or damaged', async () => {
    expect(await readAsset(prefetching(filesOf({}), ['state/current.json']), 'state/current.json')).toBeUndefined();
    const files = prefetching(filesOf({ 'state/current.json': '<html>' }), ['state/current.json']);
    expect(new TextDecoder().decode(await readAsset(files, 'state/current.json'))).toBe('<html>');
  });
});
