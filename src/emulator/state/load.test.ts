/** A state that is damaged, cut, missing or another's is never loaded; the reason is a sentence. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../platform.ts';
import { MemorySessions } from '../sessions.ts';
import { loadSession, loadState } from './load.ts';
import { packImage, type MachineImage } from './machine-image.ts';

const empty = { tree: { nextId: 2, inodes: [], blobs: [] }, server: { messageBytes: 8192, fids: [] } };
const image: MachineImage = {
  processor: new Uint8Array(100),
  layers: empty,
  share: empty,
  agent: {},
  nodes: [],
  mirror: { listener: 2, names: 1 },
  shells: [],
};
let state: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  state = await packImage(image, 'this machine', true);
});

function platformWith(files: Record<string, Uint8Array | string>): Platform {
  return {
    sessions: new MemorySessions(),
    instantiate: () => Promise.reject(new Error('not needed')),
    files: {
      open(path) {
        const content = files[path];
        if (content === undefined) return Promise.resolve(undefined);
        const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
        return Promise.resolve({ sizeBytes: bytes.length, chunks: halves(bytes) });
      },
    },
  };
}

async function* halves(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes.subarray(0, bytes.length >> 1);
  yield bytes.subarray(bytes.length >> 1);
}

function described(bytes: Uint8Array, change: object = {}): string {
  return JSON.stringify({ file: 'a.state', sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), ...change });
}

async function reason(files: Record<string, Uint8Array | string>, fit = 'this machine'): Promise<string> {
  const { image: loaded, why } = await loadState(platformWith(files), fit, () => {});
  expect(loaded).toBeUndefined();
  return why;
}

describe('the shipped state', () => {
  it('is loaded when all is well, telling how far it is', async () => {
    const seen: number[] = [];
    const loaded = await loadState(
      platformWith({ 'state/current.json': described(state), 'state/a.state': state }),
      'this machine',
      (count) => seen.push(count),
    );
    expect(loaded).toEqual({ image, why: '' });
    expect([seen[0], seen.at(-1)]).toEqual([0, state.length]);
  });

  it('is not when it is missing', async () => {
    expect(await reason({})).toBe('There is no saved machine: starting it from the beginning');
    expect(await reason({ 'state/current.json': described(state) })).toContain('its file is missing');
  });

  it('is not when it is cut or changed', async () => {
    const description = described(state);
    expect(await reason({ 'state/current.json': description, 'state/a.state': state.slice(0, -7) })).toContain('bytes arrived');
    const changed = state.slice();
    changed[changed.length >> 1]! ^= 1;
    expect(await reason({ 'state/current.json': description, 'state/a.state': changed })).toBe(
      'The saved machine cannot be used (its checksum is wrong): starting it from the beginning',
    );
  });

  it('is not when it was made for another machine', async () => {
    expect(await reason({ 'state/current.json': described(state), 'state/a.state': state }, 'another machine')).toContain(
      'saved by another version',
    );
  });

  it.each(['', '{', '[]', '{"file":"../../etc/passwd","sizeBytes":1,"sha256":""}', '<!doctype html>'])(
    'is not when its description is %j',
    async (text) => {
      expect(await reason({ 'state/current.json': text })).toContain('its description is damaged');
    },
  );
});

describe('a session', () => {
  it('says so when it is gone', async () => {
    await expect(loadSession(platformWith({}), 'x', 'this machine')).rejects.toThrow('This session is no longer saved.');
  });
});
