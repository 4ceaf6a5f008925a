/**
 * What the tests of images stand on: an engine, and a registry with `busybox` (two tags, one layer) and
 * `localhost:5000/team/app:v1` (that layer and two more).
 */
import { packTar } from 'modern-tar';
import { assert } from '../assert.ts';
import type { ImageDeleted, ImageInspect, ImageSummary } from '../api/types/image.ts';
import type { ProgressMessage } from '../api/types/system.ts';
import type { BuiltImage } from './fake-registry.ts';
import { testEngine, type TestEngine } from './test-engine.ts';

export const tar = (name: string, body: string): Promise<Uint8Array> =>
  packTar([{ header: { name, size: body.length, mode: 0o644 }, body }]);
export const short = (digest: string): string => digest.slice(7, 19);

export interface ImageFixture {
  docker: TestEngine;
  busybox: BuiltImage;
  app: BuiltImage;
  list: (query?: object) => Promise<ImageSummary[]>;
  inspect: (name: string) => Promise<ImageInspect>;
  remove: (name: string, query?: object) => Promise<ImageDeleted[]>;
  tag: (name: string, repo: string, tagName: string) => Promise<void>;
  /** How many layers are unpacked. */
  layerCount: () => number;
  /** Nothing of an image, layer or name is left. */
  expectNothing: () => void;
}

export async function imageFixture(): Promise<ImageFixture> {
  const docker = await testEngine();
  const treesBefore = docker.layerTrees.size;
  const base = await tar('bin/busybox', 'x'.repeat(5000));
  const busybox = await docker.registry.add(['docker.io/library/busybox:latest', 'docker.io/library/busybox:1.35'], [base]);
  const app = await docker.registry.add(['localhost:5000/team/app:v1'], [base, await tar('one', 'one'), await tar('two', 'two22')], {
    config: { Labels: { tier: 'front' } },
    file: { created: '2026-01-02T00:00:00Z' },
  });
  const { client } = docker;
  return {
    docker,
    busybox,
    app,
    list: (query = {}) => client.get('/images/json', { query: { ...query } }),
    inspect: (name) => client.get(`/images/${name}/json`),
    remove: (name, query = {}) => client.delete(`/images/${name}`, { query: { ...query } }),
    tag: (name, repo, tagName) => client.post(`/images/${name}/tag`, { query: { repo, tag: tagName } }),
    layerCount: () => docker.layerTrees.size - treesBefore,
    expectNothing() {
      assert(docker.layerTrees.size === treesBefore, 'no layer is left');
      const files = docker.storage.paths().filter((path) => path.startsWith('image/') && path !== 'image/overlay2/repositories.json');
      assert(files.length === 0, `no file of an image is left: ${files.join(' ')}`);
    },
  };
}

/** Lines of progress as the client prints them. */
export const statuses = (lines: ProgressMessage[]): string[] =>
  lines.map(({ id, status, error }) => (error ? `error ${error}` : `${id === undefined ? '' : `${id}: `}${status}`));
