/** The registry that ships with the app, pulled by the engine through the host's own ports. */
import { describe, expect, it } from 'vitest';
import { ApiClient, jsonDocuments } from '#engine/api/client.ts';
import type { ImageSummary } from '#engine/api/types/image.ts';
import type { ProgressMessage } from '#engine/api/types/system.ts';
import { createEngine } from '#engine/engine.ts';
import { testEngine } from '#engine/testing/test-engine.ts';
import { LayerForest } from '#emulator/p9/layer-forest.ts';
import { systemCompression } from '#emulator/ports/compression.ts';
import { systemCrypto } from '#emulator/ports/crypto.ts';
import { diskAssets } from '#emulator/ports/disk-assets.ts';
import { Registries } from '#emulator/ports/registry.ts';

describe('the shipped registry', () => {
  it.each(['busybox', 'hello-world'])('has %s whole, for this machine', async (name) => {
    const { ports } = await testEngine();
    const registry = new Registries(diskAssets);
    const engine = createEngine({
      ...ports,
      registry,
      compression: systemCompression,
      crypto: systemCrypto,
      layerTrees: new LayerForest(),
    });
    await engine.start();
    const client = new ApiClient(engine.api);
    const { chunks } = await client.stream('/images/create', { method: 'POST', query: { fromImage: name, platform: 'linux/386' } });
    const lines: string[] = [];
    for await (const { status, error } of jsonDocuments<ProgressMessage>(chunks)) lines.push(status ?? error ?? '');
    expect(lines.at(-1)).toBe(`Status: Downloaded newer image for ${name}`);
    const [image] = await client.get<ImageSummary[]>('/images/json');
    expect(image?.RepoTags).toContain(`${name}:latest`);
  });

  it('says what it has when asked for something else', async () => {
    const { ports } = await testEngine();
    const engine = createEngine({ ...ports, registry: new Registries(diskAssets) });
    await engine.start();
    await expect(new ApiClient(engine.api).post('/images/create', { query: { fromImage: 'nosuch', tag: 'latest' } })).rejects.toMatchObject(
      {
        status: 404,
        message: expect.stringMatching(/^pull access denied for nosuch, .*\nImages available here: busybox, .*hello-world/) as string,
      },
    );
  });

  it('is searched by what its images say of themselves', async () => {
    const { ports } = await testEngine();
    const engine = createEngine({ ...ports, registry: new Registries(diskAssets) });
    await engine.start();
    const find = (term: string): Promise<{ name: string; is_official: boolean; description: string }[]> =>
      new ApiClient(engine.api).get('/images/search', { query: { term } });
    const [debian] = await find('debian');
    expect(debian).toMatchObject({ name: 'debian', is_official: true, description: expect.stringMatching(/^Debian 12/) as string });
    expect((await find('whoami'))[0]).toMatchObject({ name: 'traefik/whoami', is_official: false });
  });
});
