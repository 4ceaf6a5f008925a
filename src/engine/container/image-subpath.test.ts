import { expect, it } from 'vitest';
import type { LayerEntry } from '../image/layer-trees.ts';
import { LayerIndex, RootFiles } from '../image/root-files.ts';
import { subpathInImage } from './image-subpath.ts';

const entry = (path: string, given: Partial<LayerEntry> = {}): LayerEntry => ({
  path,
  type: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0,
  ...given,
});
const link = (path: string, linkName: string): LayerEntry => entry(path, { type: 'symlink', linkName });

/** The tree of moby's integration/volume/mount_test.go. */
const files = new RootFiles([
  new LayerIndex([
    entry('subdir'),
    entry('subdir/hello', { type: 'file' }),
    entry('hack'),
    link('hack/root', '/'),
    link('hack/good', '../subdir'),
    link('hack/bad', '../../../../../../../../../../../etc'),
    link('hack/loop', 'loop'),
  ]),
]);

it.each<[string, ReturnType<typeof subpathInImage>]>([
  ['subdir', { path: 'subdir' }],
  ['subdir/hello', { path: 'subdir/hello' }],
  ['hack/good', { path: 'subdir' }],
  ['hack/good/hello', { path: 'subdir/hello' }],
  ['hack/..', { path: '' }],
  ['hack/root', 'escapes'],
  ['hack/bad', 'escapes'],
  ['hack/loop', 'missing'],
  ['nowhere', 'missing'],
])('%s', (subpath, found) => expect(subpathInImage(files, subpath)).toEqual(found));
