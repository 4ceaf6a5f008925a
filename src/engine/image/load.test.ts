/** What `docker load` refuses, and that nothing stays of it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { concatBytes } from '../bytes.ts';
import { EngineError } from '../errors.ts';
import type { LayerEntry } from './layer-trees.ts';
import { readTar } from '../oci/tar.ts';
import { packTar } from '../oci/tar-writer.ts';
import { TestBuilds } from '../testing/test-builds.ts';

let docker: TestBuilds;
let saved: Map<string, Uint8Array>;
let empty: string[];

interface Item {
  Config: string;
  RepoTags: string[] | null;
  Layers: string[];
}

beforeEach(async () => {
  docker = await TestBuilds.start();
  const { client, storage } = docker.node;
  await docker.pullBase();
  await docker.build({ Dockerfile: 'FROM base\nCOPY Dockerfile /\n' }, { t: 'app' });
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await client.stream('/images/get', { query: { names: ['app', 'base'] } })).chunks) chunks.push(chunk);
  saved = new Map([...readTar(concatBytes(chunks))].filter(({ type }) => type === 'file').map(({ name, content }) => [name, content]));
  for (const name of ['app', 'base']) await client.delete(`/images/${name}`, { query: { force: true } });
  await client.post('/build/prune', { query: { all: true } });
  empty = storage.paths();
});

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const items = (): Item[] => JSON.parse(text(saved.get('manifest.json'))) as Item[];

function archive(changes: Record<string, Uint8Array | string> = {}): Uint8Array {
  const files = new Map<string, Uint8Array | string>([...saved, ...Object.entries(changes)]);
  const entries = [...files].map(([path, content]): LayerEntry => {
    const common = { path, mode: 0o644, uid: 0, gid: 0, mtime: 0 };
    return typeof content === 'string' ? { ...common, type: 'symlink', linkName: content } : { ...common, type: 'file', content };
  });
  return concatBytes(packTar(entries));
}

async function load(given: Uint8Array, query: Record<string, string> = {}): Promise<string> {
  const once = (async function* () {
    yield given;
  })();
  let said = '';
  for await (const chunk of (await docker.node.client.stream('/images/load', { method: 'POST', query, body: once })).chunks)
    said += text(chunk);
  return said;
}

function expectNothing(): void {
  expect([...docker.node.engine.images.store.all()]).toEqual([]);
  expect(docker.left()).toEqual([]);
  expect(docker.node.storage.paths()).toEqual(empty);
}

describe('an archive', () => {
  it('that is sound is loaded', async () => {
    const said = await load(archive());
    expect(said).toContain('Loaded image: app:latest');
    expect(said).toContain('Loaded image: base:latest');
    expect(docker.left()).toEqual([]);
  });

  it.each<[string, (item: Item) => Record<string, Uint8Array | string>, RegExp]>([
    [
      'whose last image has no name',
      (item) => ({ 'manifest.json': bytesOf([items()[0], { ...item, RepoTags: ['base'] }]) }),
      /invalid tag/,
    ],
    [
      'whose last image lacks a layer',
      (item) => ({ 'manifest.json': bytesOf([items()[0], { ...item, Layers: [] }]) }),
      /layers length mismatch/,
    ],
    [
      'whose last image lies elsewhere',
      (item) => ({ 'manifest.json': bytesOf([items()[0], { ...item, Config: '../../etc/x' }]) }),
      /no such file/,
    ],
    ['whose layer is another', (item) => ({ [item.Layers[0]!]: concatBytes(packTar([])) }), /invalid diffID for layer 0/],
    ['whose layer leads in a circle', (item) => ({ [item.Layers[0]!]: item.Layers[0]!.split('/').at(-1)! }), /no such file/],
    ['whose configuration is none', (item) => ({ [item.Config]: bytesOf([]) }), /./],
    ['whose manifest is none', () => ({ 'manifest.json': bytesOf({ a: 1 }) }), /malformed manifest.json/],
    ['whose images are too many', (item) => ({ 'manifest.json': bytesOf(Array(1001).fill(item)) }), /more than 1000 images/],
  ])('%s is refused, with all that it has', async (_what, change, error) => {
    const said = await load(archive(change(items().at(-1)!)));
    expect(said).toContain('"error"');
    expect(said).toMatch(error);
    expectNothing();
  });

  it('for another platform leaves nothing', async () => {
    await load(archive(), { platform: JSON.stringify({ os: 'linux', architecture: 'riscv64' }) });
    expectNothing();
  });

  it('that the disk has no room for leaves nothing, or what it said', async () => {
    const { storage } = docker.node;
    const write = storage.write.bind(storage);
    for (let calls = 0, met = true; met; calls++) {
      let left = calls;
      storage.write = (path, bytes) => {
        if (left-- <= 0) throw new EngineError('system', 'no space left on device');
        write(path, bytes);
      };
      const said = await load(archive());
      storage.write = write;
      met = left < 0;
      expect(said.includes('no space left on device')).toBe(met);
      expect(docker.left()).toEqual([]);
      const names = [...docker.node.engine.images.store.all()].flatMap(({ id }) => docker.node.engine.images.references.referencesOf(id));
      expect(names).toHaveLength(said.split('Loaded image:').length - 1);
      if (met && names.length > 0) break;
      if (met && !said.includes('Loaded'))
        for (const { id } of docker.node.engine.images.store.all()) await docker.node.client.delete(`/images/${id}`);
    }
  });
});

describe('an archive that nobody reads', () => {
  it('holds nothing', async () => {
    await load(archive());
    await docker.node.client.stream('/images/get', { query: { names: ['app'] } });
    expect(docker.left()).toEqual([]);
  });
});
