import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ImagesPruned } from '../api/types/image.ts';
import type { BuiltImage } from '../testing/fake-registry.ts';
import type { TestEngine } from '../testing/test-engine.ts';
import { imageFixture, type ImageFixture, short } from '../testing/image-fixture.ts';

let docker: TestEngine;
let busybox: BuiltImage;
let app: BuiltImage;
let list: ImageFixture['list'];
let inspect: ImageFixture['inspect'];
let remove: ImageFixture['remove'];
let tag: ImageFixture['tag'];
let layerCount: ImageFixture['layerCount'];
let expectNothing: ImageFixture['expectNothing'];

beforeEach(async () => {
  ({ docker, busybox, app, list, inspect, remove, tag, layerCount, expectNothing } = await imageFixture());
});

describe('rmi', () => {
  it('takes away a name, and the image with its last one', async () => {
    await docker.pull('busybox');
    expect(await remove('busybox:1.35')).toEqual([{ Untagged: 'busybox:1.35' }]);
    const chain = busybox.diffIds[0]!;
    expect(await remove('busybox')).toEqual([
      { Untagged: 'busybox:latest' },
      { Untagged: `busybox@${busybox.digest}` },
      { Deleted: busybox.id },
      { Deleted: chain },
    ]);
    expectNothing();
  });

  it('keeps layers that another image stands on', async () => {
    await docker.pull('busybox', 'latest');
    await docker.pull('localhost:5000/team/app', 'v1');
    const removed = await remove('localhost:5000/team/app:v1');
    expect(removed.filter(({ Deleted }) => Deleted)).toHaveLength(3);
    expect(docker.layerTrees.has(busybox.diffIds[0]!)).toBe(true);
    await inspect('busybox');
    await remove('busybox');
    expectNothing();
  });

  it('by id removes all names of one repository, and refuses several', async () => {
    await docker.pull('busybox', 'latest');
    await tag('busybox', 'other', 'x');
    await expect(remove(short(busybox.id))).rejects.toMatchObject({
      status: 409,
      message: `conflict: unable to delete ${short(busybox.id)} (must be forced) - image is referenced in multiple repositories`,
    });
    expect(await remove(short(busybox.id), { force: true })).toEqual([
      { Untagged: 'busybox:latest' },
      { Untagged: `busybox@${busybox.digest}` },
      { Untagged: 'other:x' },
      { Deleted: busybox.id },
      { Deleted: busybox.diffIds[0] },
    ]);
    await docker.pull('busybox', 'latest');
    expect((await remove(busybox.id)).map((entry) => Object.keys(entry)[0])).toEqual(['Untagged', 'Untagged', 'Deleted', 'Deleted']);
    expectNothing();
  });

  it('does not take an image away from a container', async () => {
    await docker.pull('busybox', 'latest');
    const container = { id: 'c0ffee'.repeat(11).slice(0, 64), running: true };
    const { images } = docker.engine;
    const top = images.resolve('busybox').layers.at(-1)!.chainId;
    let users = [container];
    images.users = { containersOf: (id) => (id === busybox.id ? users : []), layersInUse: () => (users.length > 0 ? [top] : []) };
    const using = `container ${container.id.slice(0, 12)} is using its referenced image ${short(busybox.id)}`;
    await expect(remove('busybox')).rejects.toMatchObject({
      status: 409,
      message: `conflict: unable to remove repository reference "busybox" (must force) - ${using}`,
    });
    await expect(remove(busybox.id, { force: true })).rejects.toMatchObject({
      message: `conflict: unable to delete ${short(busybox.id)} (cannot be forced) - image is being used by running container ${container.id.slice(0, 12)}`,
    });
    // By name and with force, only the name goes.
    expect(await remove('busybox', { force: true })).toEqual([{ Untagged: 'busybox:latest' }, { Untagged: `busybox@${busybox.digest}` }]);
    container.running = false;
    await expect(remove(busybox.id)).rejects.toMatchObject({
      message: `conflict: unable to delete ${short(busybox.id)} (must be forced) - image is being used by stopped container ${container.id.slice(0, 12)}`,
    });
    // The image may go, its layers stay for the container.
    expect(await remove(busybox.id, { force: true })).toEqual([{ Deleted: busybox.id }]);
    expect(layerCount()).toBe(1);
    users = [];
    const gone: string[] = [];
    vi.spyOn(docker.ports.runtime, 'removeLayers').mockImplementation(async (cacheIds) => void gone.push(...cacheIds));
    const { cacheId } = images.layers.get(top)!;
    images.collectLayers();
    expectNothing();
    expect(gone).toEqual([cacheId]);
  });

  it('removes parents that nothing else needs, unless told not to', async () => {
    await docker.pull('busybox', 'latest');
    await docker.pull('localhost:5000/team/app', 'v1');
    const { images } = docker.engine;
    images.store.setParent(images.resolve(app.id), busybox.id);
    await expect(remove(busybox.id, { force: true })).rejects.toMatchObject({
      message: `conflict: unable to delete ${short(busybox.id)} (cannot be forced) - image has dependent child images`,
    });
    expect(await remove('busybox')).toEqual([{ Untagged: 'busybox:latest' }, { Untagged: `busybox@${busybox.digest}` }]);
    expect(await list()).toHaveLength(1);
    expect(await list({ all: true })).toHaveLength(2);
    const removed = await remove('localhost:5000/team/app:v1');
    expect(removed.filter(({ Deleted }) => Deleted).map(({ Deleted }) => Deleted)).toEqual(expect.arrayContaining([app.id, busybox.id]));
    expectNothing();
  });

  it('says so when there is nothing to remove', async () => {
    await expect(remove('nosuch')).rejects.toMatchObject({ status: 404, message: 'No such image: nosuch:latest' });
    await expect(remove('nosuch', { force: true })).rejects.toMatchObject({ status: 404 });
    await expect(remove(' ')).rejects.toMatchObject({ status: 400, message: 'image name cannot be blank' });
  });
});

describe('prune', () => {
  const prune = (filters?: string): Promise<ImagesPruned> => docker.client.post('/images/prune', { query: { filters } });

  it('removes what has no name, or all that no container uses', async () => {
    await docker.pull('busybox');
    await docker.pull('localhost:5000/team/app', 'v1');
    expect(await prune()).toEqual({ ImagesDeleted: null, SpaceReclaimed: 0 });
    await remove('localhost:5000/team/app:v1', { force: true });
    const { images } = docker.engine;
    await docker.pull('localhost:5000/team/app', 'v1');
    for (const reference of [...images.references.referencesOf(app.id)]) images.references.delete(reference);
    const removed = await prune('{"dangling":["true"]}');
    expect([removed.ImagesDeleted?.[0], removed.SpaceReclaimed]).toEqual([{ Deleted: app.id }, 8]);
    const all = await prune('{"dangling":["false"]}');
    expect(all.ImagesDeleted?.slice(0, 4)).toEqual([
      { Untagged: 'busybox:1.35' },
      { Untagged: 'busybox:latest' },
      { Untagged: `busybox@${busybox.digest}` },
      { Deleted: busybox.id },
    ]);
    expect(all.SpaceReclaimed).toBe(5000);
    expectNothing();
  });

  it('leaves what is used, labelled otherwise or too new', async () => {
    await docker.pull('busybox', 'latest');
    await docker.pull('localhost:5000/team/app', 'v1');
    docker.engine.images.users = {
      containersOf: (id) => (id === busybox.id ? [{ id: 'c'.repeat(64), running: false }] : []),
      layersInUse: () => [],
    };
    expect((await prune('{"dangling":["false"],"label!":["tier=front"]}')).ImagesDeleted).toBeNull();
    expect((await prune('{"dangling":["false"],"until":["2026-01-01T12:00:00Z"]}')).ImagesDeleted).toBeNull();
    expect((await prune('{"dangling":["false"]}')).ImagesDeleted).toContainEqual({ Deleted: app.id });
    expect(await list()).toHaveLength(1);
    await expect(prune('{"bogus":["1"]}')).rejects.toMatchObject({ status: 400, message: "invalid filter 'bogus'" });
  });
});
