/** What comes from outside is refused in clear words, and leaves nothing behind. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { concatBytes } from '../bytes.ts';
import { UnpackedTooLarge, type Compression } from '../compression.ts';
import { packTar, tarPieces } from '../oci/tar-writer.ts';
import { storingCompression } from '../testing/plain-ports.ts';
import { archiveEntries } from './archive-source.ts';
import { contextEntries, contextTar, TestBuilds, type ContextFiles } from '../testing/test-builds.ts';
import type { LayerEntry } from '../image/layer-trees.ts';

let docker: TestBuilds;
beforeEach(async () => {
  docker = await TestBuilds.start();
});
afterEach(() => {
  expect(docker.left()).toEqual([]);
});

const plain = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
const link = (linkName: string): Partial<LayerEntry> => ({ type: 'symlink', linkName, mode: 0o777 });
const tarOf = (entries: LayerEntry[]): Uint8Array => concatBytes([...entries.flatMap(tarPieces), new Uint8Array(1024)]);
/** A character device, also one that would be written as a deletion. */
const rawDevice = (path: string, major: number): Uint8Array => {
  const [header] = tarPieces({ ...plain, path, type: 'character', major: 1, minor: 0 });
  const changed = header!.slice();
  changed.set(new TextEncoder().encode(major.toString(8).padStart(7, '0')), 329);
  changed.fill(0x20, 148, 156);
  const sum = changed.reduce((all, byte) => all + byte, 0);
  changed.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return changed;
};
const build = (dockerfile: string, files: ContextFiles = {}, query: Record<string, string> = {}) =>
  docker.build({ Dockerfile: dockerfile, ...files }, { t: 'app', ...query });
const isTagged = (): boolean => docker.node.engine.images.find('app') !== undefined;

describe.each(['1', '2'])('a context, for builder %s,', (version) => {
  const dockerfile: LayerEntry = {
    ...plain,
    path: 'Dockerfile',
    type: 'file',
    content: new TextEncoder().encode('FROM base\nCOPY . /x/\n'),
  };

  it.each<[string, LayerEntry[], RegExp]>([
    ['that leaves itself', [{ ...plain, path: '../../etc/passwd', type: 'file' }], /is outside of "\/"/],
    ['with a link to what is not there', [{ ...plain, path: 'a', type: 'hardlink', linkName: '../../etc/shadow' }], /outside of "\/"/],
    [
      'that writes through a link',
      [
        { ...plain, path: 'out', type: 'symlink', linkName: '/etc' },
        { ...plain, path: 'out/passwd', type: 'file' },
      ],
      /which is no directory/,
    ],
    ['with a name too long', [{ ...plain, path: 'é'.repeat(200), type: 'file' }], /invalid file name/],
    ['with a path too long', [{ ...plain, path: Array(500).fill('directory').join('/'), type: 'file' }], /file name too long/],
    ['with a link too long', [{ ...plain, path: 'a', type: 'symlink', linkName: 'a/'.repeat(5000) }], /file name too long/],
  ])('%s is refused', async (_what, entries, error) => {
    const built = await docker.build(tarOf([dockerfile, ...entries]), { version, t: 'app' });
    expect(built.error).toMatch(error);
    expect(isTagged()).toBe(false);
  });

  it('with a deletion in the words of overlayfs is refused, other devices are what they are', async () => {
    const refused = await docker.build(concatBytes([rawDevice('d', 0), tarOf([dockerfile])]), { version, t: 'app' });
    expect(refused.error).toContain('mknod /d: operation not permitted');
    const built = await docker.build(concatBytes([rawDevice('d', 5), tarOf([dockerfile])]), { version, t: 'app' });
    expect(built.error).toBeUndefined();
    expect(docker.top('app').find(({ path }) => path === 'x/d')).toMatchObject({ type: 'character', major: 5, minor: 0 });
  });

  it('that is cut off, or no tar, is refused', async () => {
    const whole = contextTar({ Dockerfile: 'FROM base\n', a: 'x'.repeat(2000) });
    expect((await docker.build(whole.subarray(0, 1700), { version })).error).toContain('unexpected EOF');
    expect((await docker.build(new TextEncoder().encode('no tar'.repeat(200)), { version })).error).toContain(
      'archive/tar: invalid tar header',
    );
  });

  it('without a Dockerfile is refused', async () => {
    const { error } = await docker.build({ a: 'x' }, { version });
    expect(error).toBe(
      version === '1'
        ? 'Cannot locate specified Dockerfile: Dockerfile'
        : 'failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory',
    );
    expect((await docker.build({ Dockerfile: link('Dockerfile') }, { version })).error).toContain('too many levels of symbolic links');
    expect((await docker.build({ 'Dockerfile/a': 'x' }, { version })).error).toMatch(/is a directory|Cannot locate/);
  });

  it('with links in a circle is copied, but not through them', async () => {
    const files = { a: link('b'), b: link('a'), c: 'c\n', out: link('/etc') };
    const query = { version };
    expect((await build('FROM base\nCOPY a /x\n', files, query)).error).toContain('too many levels of symbolic links');
    expect((await build('FROM base\nCOPY a/c /x\n', files, query)).error).toContain('too many levels of symbolic links');
    // It leads to the context's own /etc, which is not there.
    expect((await build('FROM base\nCOPY out/passwd /x\n', files, query)).error).toMatch(/not found|does not exist/);
    expect(isTagged()).toBe(false);
    expect((await build('FROM base\nCOPY . /x/\nCOPY c /x/sub/\n', files, query)).error).toBeUndefined();
    expect((await build('FROM app\nCOPY c /x/a/d\n', files, { ...query, t: 'next' })).error).toContain('too many levels of symbolic links');
    expect((await build('FROM app\nWORKDIR /x/a\n', files, { ...query, t: 'next' })).error).toContain('too many levels of symbolic links');
    expect((await build('FROM base\nCOPY --from=app /x/out/passwd /\n', files, { ...query, t: 'third' })).error).toBeUndefined();
    expect(docker.files('third').get('passwd')).toContain('root:x:0:0');
  });

  it('is copied without names that stand for deletions', async () => {
    const { error } = await build('FROM base\nCOPY . /lib/\n', { '.wh.file': '' }, { version });
    expect(error).toContain('cannot keep /lib/.wh.file in a layer: a name that begins with ".wh." stands for a deletion');
    expect(isTagged()).toBe(false);
  });

  it('has archives that are no better', async () => {
    const archive = (entries: LayerEntry[]): ContextFiles => ({ 'a.tar': { content: tarOf(entries) } });
    const add = 'FROM base\nADD a.tar /\n';
    const outside = await build(add, archive([{ ...plain, path: '../x', type: 'file' }]), { version });
    expect(outside.error).toContain('is outside of "/"');
    const deletion = await build(add, { 'a.tar': { content: concatBytes([rawDevice('lib/file', 0), tarOf([])]) } }, { version });
    expect(deletion.error).toContain('mknod /lib/file: operation not permitted');
    const named = await build(add, archive([{ ...plain, path: 'lib/.wh.file', type: 'file' }]), { version });
    expect(named.error).toContain('stands for a deletion');
    const linked = archive([
      { ...plain, path: 'z', type: 'file', content: new TextEncoder().encode('z') },
      { ...plain, path: 'a', type: 'hardlink', linkName: 'z' },
    ]);
    expect((await build(add, linked, { version })).error).toBeUndefined();
    expect(
      docker
        .top('app')
        .filter(({ path }) => 'az'.includes(path))
        .map(({ path, type, linkName }) => [path, type, linkName]),
    ).toEqual([
      ['a', 'file', undefined],
      ['z', 'hardlink', 'a'],
    ]);
  });

  it('that lacks what is copied is named', async () => {
    expect((await build('FROM base\nCOPY nosuch /\n', {}, { version })).error).toMatch(/nosuch/);
  });

  it('with a command that fails says which, and how', async () => {
    const { error, id } = await build('FROM base\nCOPY Dockerfile /\nRUN exit 7\n', {}, { version });
    expect(error).toBe(
      version === '1'
        ? "The command '/bin/sh -c exit 7' returned a non-zero code: 7"
        : 'failed to solve: process "/bin/sh -c exit 7" did not complete successfully: exit code: 7',
    );
    expect(id).toBeUndefined();
    expect(isTagged()).toBe(false);
    for (const { id: left } of docker.node.engine.containers.all()) await docker.node.client.delete(`/containers/${left}`);
  });
});

describe('names of inline files', () => {
  it.each(['..', '.', '/', 'a/..'])('%s is none', async (name) => {
    const { error } = await build(`FROM base\nCOPY <<${name} /x/\ntext\n${name}\n`);
    expect(error).toBeDefined();
    expect(isTagged()).toBe(false);
  });

  it('stay below their directory', async () => {
    const { error } = await build('FROM base\nCOPY <<../../x /y/\ntext\n../../x\n');
    expect(error).toBeUndefined();
    expect(docker.files('app').get('y/x')).toBe('text\n');
  });
});

describe('parts of a context', () => {
  it('are copied with what they were linked to left out', async () => {
    const entries: LayerEntry[] = [
      ...contextEntries({ Dockerfile: '# syntax=docker/dockerfile:1-labs\nFROM base\nCOPY --exclude=a . /x/\n', a: 'shared\n' }),
      { ...plain, path: 'b', type: 'hardlink', linkName: 'a' },
      { ...plain, path: 'c', type: 'hardlink', linkName: 'a' },
    ];
    const { error } = await docker.build(concatBytes(packTar(entries)), { t: 'app' });
    expect(error).toBeUndefined();
    expect(
      docker
        .top('app')
        .filter(({ path }) => /x\/[abc]/.test(path))
        .map(({ path, type }) => `${type} ${path}`),
    ).toEqual(['file x/b', 'hardlink x/c']);
  });
});

describe('a file with two names', () => {
  it('lives on under the other when one is overwritten', async () => {
    const entries: LayerEntry[] = [
      ...contextEntries({ Dockerfile: 'FROM base\nCOPY one two /x/\n', 'one/a': 'shared\n', 'two/a': 'new\n' }),
      { ...plain, path: 'one/b', type: 'hardlink', linkName: 'one/a' },
    ];
    expect((await docker.build(concatBytes(packTar(entries)), { t: 'app' })).error).toBeUndefined();
    expect([docker.files('app').get('x/a'), docker.files('app').get('x/b')]).toEqual(['new\n', 'shared\n']);
  });
});

describe('an archive that grows without end', () => {
  it('is refused by ADD, not copied', async () => {
    const bomb = await storingCompression.gzip(new Uint8Array(1000));
    const gunzip: Compression['gunzip'] = (_bytes, limitBytes) => Promise.reject(new UnpackedTooLarge(limitBytes));
    await expect(archiveEntries({ ...storingCompression, gunzip }, bomb)).rejects.toThrow(/unpacked data exceeds \d+ bytes/);
    expect(await archiveEntries(storingCompression, bomb.subarray(0, 20))).toBeUndefined();
  });
});

describe('parameters', () => {
  const files = { Dockerfile: 'FROM base\nARG A\nENV A=$A\n' };
  it.each<[Record<string, string>, string]>([
    [{ buildargs: '[]' }, 'error reading build args: json: cannot unmarshal array into Go value of type map[string]string'],
    [{ buildargs: '{"A":1}' }, 'error reading build args: json: cannot unmarshal number into Go value of type string'],
    [{ buildargs: '{' }, 'error reading build args: '],
    [{ labels: '{"a":1}' }, 'error reading labels: json: cannot unmarshal number into Go value of type string'],
    [{ cachefrom: '{"a":1}' }, 'json: cannot unmarshal object into Go value of type []string'],
    [{ cachefrom: '[1]' }, 'json: cannot unmarshal number into Go value of type string'],
    [{ ulimits: '[1]' }, 'error reading ulimit settings: json: cannot unmarshal number'],
    [{ ulimits: '[{"Name":7}]' }, 'error reading ulimit settings: json: cannot unmarshal number'],
    [{ extrahosts: '[' }, 'error reading extra hosts: '],
    [{ extrahosts: '[1]' }, 'error reading extra hosts: '],
    [{ shmsize: 'big' }, 'invalid syntax'],
    [{ shmsize: '99999999999999999999999' }, 'value out of range'],
    [{ t: 'UPPER' }, 'invalid reference format'],
    [{ platform: 'a/b/c/d/e' }, ''],
    [{ dockerfile: '../../etc/passwd' }, 'no such file or directory'],
  ])('%j are refused', async (query, error) => {
    const built = await docker.build(files, query);
    expect(built.error).toBeDefined();
    expect(built.error).toContain(error);
  });

  it.each(['{"A":null}', 'null', '{}', ''])('buildargs %s are taken', async (buildargs) => {
    expect((await docker.build(files, { buildargs })).error).toBeUndefined();
  });

  it.each<Record<string, string>>([
    { memory: 'much', cpushares: '1e3' },
    { memory: '-1' },
    { cpuquota: '99999999999999999999' },
    { ulimits: '[{}]' },
    { ulimits: '[null]' },
  ])('%j do no harm', async (query) => {
    const built = await docker.build({ Dockerfile: 'FROM base\nRUN true\n' }, query);
    expect(built.error ?? '').not.toContain('undefined');
  });

  it.each(['!', 'bnVsbA', 'W10', 'MQ', Buffer.from('{"a":1}').toString('base64url'), Buffer.from('{"a":"?"}').toString('base64url')])(
    'secrets %s are refused or none',
    async (header) => {
      const { error } = await docker.build(files, {}, { 'x-drydock-build-secrets': header });
      expect(error ?? 'invalid X-Drydock-Build-Secrets header').toContain('invalid X-Drydock-Build-Secrets header');
    },
  );

  it('name owners that there can be', async () => {
    expect((await build('FROM base\nCOPY --chown=99999999999 Dockerfile /\n')).error).toContain("can't find uid for user 99999999999");
  });
});

describe('many files', () => {
  it('take time in proportion', async () => {
    const time = async (count: number): Promise<number> => {
      const files: ContextFiles = { Dockerfile: 'FROM base\nCOPY . /x/\n' };
      for (let i = 0; i < count; i++) files[`d${i % 100}/f${i}`] = 'x';
      const body = contextTar(files);
      const before = performance.now();
      expect((await docker.build(body, { t: 'app' })).error).toBeUndefined();
      return performance.now() - before;
    };
    await time(100);
    const small = await time(1000);
    expect(await time(10_000)).toBeLessThan(40 * small + 500);
  }, 60_000);
});
