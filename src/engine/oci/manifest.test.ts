import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImageConfig } from './image-config.ts';
import { matching, mediaTypes, parseManifest, type Index } from './manifest.ts';

fc.configureGlobal({ seed: 28 });

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const digest = `sha256:${'a'.repeat(64)}`;
const config = { mediaType: mediaTypes.dockerConfig, digest, size: 7 };
const layer = { mediaType: mediaTypes.dockerLayer, digest, size: 9 };

describe('parseManifest', () => {
  it('reads Docker’s and OCI’s manifests', () => {
    const docker = parseManifest(encode({ schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config, layers: [layer] }));
    expect(docker).toEqual({ kind: 'manifest', mediaType: mediaTypes.dockerManifest, config, layers: [layer] });
    expect(parseManifest(encode({ schemaVersion: 2, config, layers: [] })).mediaType).toBe(mediaTypes.ociManifest);
    expect(parseManifest(encode({ schemaVersion: 2, config, layers: [] }), `${mediaTypes.dockerManifest}; charset=utf-8`).mediaType).toBe(
      mediaTypes.dockerManifest,
    );
  });

  it('chooses from an index what runs here', () => {
    const of = (architecture: string, variant?: string): object => ({
      mediaType: mediaTypes.ociManifest,
      digest: `sha256:${architecture.padEnd(64, '0').replace(/[^0-9a-f]/g, 'e')}`,
      size: 1,
      platform: { os: 'linux', architecture, variant },
    });
    const index = parseManifest(
      encode({ schemaVersion: 2, manifests: [of('amd64'), of('386'), of('arm', 'v7'), { mediaType: 'x', digest, size: 1 }] }),
    ) as Index;
    expect(matching(index, { os: 'linux', architecture: '386' }).map((entry) => entry.digest.slice(7, 10))).toEqual(['386']);
    expect(matching(index, { os: 'linux', architecture: 'arm', variant: 'v6' })).toEqual([]);
    expect(matching(index, { os: 'windows', architecture: 'amd64' })).toEqual([]);
  });

  it.each([
    ['not JSON', 'x', 'unsupported manifest format'],
    ['a list', [], 'unsupported manifest format'],
    ['schema 1', { schemaVersion: 1 }, 'Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed.'],
    ['neither layers nor manifests', { schemaVersion: 2, config }, 'unsupported manifest format'],
    [
      'a bad digest',
      { schemaVersion: 2, config, layers: [{ ...layer, digest: 'sha256:x' }] },
      'could not validate layer digest "sha256:x": invalid checksum digest length',
    ],
    [
      'another algorithm',
      { schemaVersion: 2, config, layers: [{ ...layer, digest: `sha512:${'a'.repeat(128)}` }] },
      'unsupported digest algorithm: sha512',
    ],
    ['a negative size', { schemaVersion: 2, config: { ...config, size: -1 }, layers: [] }, 'invalid manifest: config.size'],
    ['too many layers', { schemaVersion: 2, config, layers: Array(2000).fill(layer) }, 'too many entries'],
  ])('refuses %s', (_, value, message) => {
    expect(() => parseManifest(typeof value === 'string' ? new TextEncoder().encode(value) : encode(value))).toThrow(message);
  });

  it('parses anything or refuses it with an error of its own (fuzz)', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.dictionary(fc.constantFrom('schemaVersion', 'config', 'layers', 'manifests', 'rootfs', 'history', 'os'), fc.jsonValue()),
        (any, keyed) => {
          for (const bytes of [
            new TextEncoder().encode(any),
            encode({ schemaVersion: 2, ...keyed }),
            encode({ rootfs: { diff_ids: [] }, ...keyed }),
          ]) {
            for (const parse of [parseManifest, parseImageConfig]) {
              try {
                parse(bytes);
              } catch (error) {
                expect((error as Error).name).toBe('EngineError');
              }
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('parseImageConfig', () => {
  const good = { architecture: '386', os: 'linux', rootfs: { type: 'layers', diff_ids: [digest] } };

  it('keeps what it knows and drops null', () => {
    const parsed = parseImageConfig(encode({ ...good, config: { Env: ['A=b'], Cmd: null, Nonsense: 1, Labels: { a: 'b' } } }));
    expect(parsed.config).toEqual({ Env: ['A=b'], Labels: { a: 'b' } });
    expect(parseImageConfig(encode(good)).config).toEqual({});
  });

  it.each([
    ['no rootfs', {}, 'Invalid image JSON, no RootFS key'],
    ['a bad diffID', { rootfs: { diff_ids: ['x'] } }, 'invalid image config: rootfs.diff_ids'],
    ['too many layers', { rootfs: { diff_ids: Array(200).fill(digest) } }, 'max depth exceeded'],
    ['a number for Cmd', { ...good, config: { Cmd: 5 } }, 'invalid image config: config.Cmd'],
    ['a list for Labels', { ...good, config: { Labels: [] } }, 'invalid image config: config.Labels'],
    ['bad history', { ...good, history: [1] }, 'invalid image config: history'],
  ])('refuses %s', (_, value, message) => {
    expect(() => parseImageConfig(encode(value))).toThrow(message);
  });
});
