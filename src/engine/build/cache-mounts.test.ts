import { beforeEach, describe, expect, it } from 'vitest';
import { Cancellation } from '../cancellation.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { TestBuilds } from '../testing/test-builds.ts';
import { BuildCache } from './build-cache.ts';
import { CacheMounts, type CacheDirectory, type CacheSeed } from './cache-mounts.ts';
import type { MountSharing } from './dockerfile/instructions/run-mount.ts';

let docker: TestBuilds;
let mounts: CacheMounts;
beforeEach(async () => {
  docker = await TestBuilds.start();
  mounts = new CacheMounts(new BuildCache({ ...docker.node.ports, images: docker.node.engine.images }));
});

const empty: CacheSeed = { key: '', top: { mode: 0o755, uid: 0, gid: 0 }, entries: () => [] };

function acquire(sharing: MountSharing, given: { seed?: CacheSeed; cancellation?: Cancellation } = {}): Promise<CacheDirectory> {
  const { seed = empty, cancellation = new Cancellation() } = given;
  return mounts.acquire({ id: 'c', sharing, description: 'cached mount /c', seed }, cancellation);
}

/** Whether it has been given within some turns. */
async function isGiven(directory: Promise<unknown>): Promise<boolean> {
  let given = false;
  void directory.then(
    () => (given = true),
    () => undefined,
  );
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return given;
}

describe('a cache directory', () => {
  it('is shared by those who share, and the same afterwards', async () => {
    const [one, two] = [await acquire('shared'), await acquire('shared')];
    expect(two.path).toBe(one.path);
    one.release();
    two.release();
    const next = await acquire('locked');
    expect(next.path).toBe(one.path);
  });

  it('is had by one alone when it is private: the others get another', async () => {
    const one = await acquire('private');
    const two = await acquire('private');
    const three = await acquire('shared');
    expect(new Set([one.path, two.path, three.path]).size).toBe(3);
    one.release();
    expect((await acquire('private')).path).toBe(one.path);
  });

  it('is waited for when it is locked, one after another', async () => {
    const one = await acquire('locked');
    const [two, three] = [acquire('locked'), acquire('locked')];
    expect(await isGiven(Promise.race([two, three]))).toBe(false);
    one.release();
    expect((await two).path).toBe(one.path);
    expect(await isGiven(three)).toBe(false);
    (await two).release();
    expect((await three).path).toBe(one.path);
  });

  it('may be any that is free for one that locks', async () => {
    const shared = await acquire('shared');
    const own = await acquire('private');
    own.release();
    expect((await acquire('locked')).path).toBe(own.path);
    const waits = acquire('locked');
    expect(await isGiven(waits)).toBe(false);
    shared.release();
    expect((await waits).path).toBe(shared.path);
  });

  it('is no longer waited for when the build is cancelled', async () => {
    await acquire('locked');
    const cancellation = new Cancellation();
    const waits = acquire('locked', { cancellation });
    expect(await isGiven(waits)).toBe(false);
    cancellation.cancel();
    await expect(waits).rejects.toThrow('context canceled');
  });

  it('begins with what it is given, once', async () => {
    const { storage } = docker.node;
    let asked = 0;
    const file: LayerEntry = { path: 'a', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, content: new TextEncoder().encode('a\n') };
    const seed: CacheSeed = {
      ...empty,
      key: 'stage',
      entries: () => {
        asked++;
        return [file];
      },
    };
    const one = await acquire('shared', { seed });
    const inStorage = one.path.replace('/var/lib/docker/', '');
    expect(storage.list(inStorage)).toEqual(['a']);
    storage.write(`${inStorage}/b`, new Uint8Array());
    one.release();
    const again = await acquire('shared', { seed });
    expect([again.path, asked]).toEqual([one.path, 1]);
    expect(storage.list(inStorage)).toEqual(['a', 'b']);
    expect((await acquire('shared')).path).not.toBe(one.path);
  });

  it('is not there when there was no room for what it begins with', async () => {
    const { storage } = docker.node;
    const before = storage.paths();
    const seed: CacheSeed = {
      ...empty,
      entries: () => {
        throw new Error('no room');
      },
    };
    await expect(acquire('shared', { seed })).rejects.toThrow('no room');
    expect(storage.paths()).toEqual(before);
    expect((await acquire('shared')).path).toMatch(/^\/var\/lib\/docker\/buildkit\/cachemounts\//);
  });
});
