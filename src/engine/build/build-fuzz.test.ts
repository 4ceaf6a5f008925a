/** Whatever Dockerfile, context or archive comes: an answer, no bug, and nothing left behind. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../test/vectors.ts';
import { concatBytes } from '../bytes.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { unpackLayer, unpackTree } from '../oci/layer-entries.ts';
import { packTar } from '../oci/tar-writer.ts';
import { EngineError } from '../errors.ts';
import { contextTar, TestBuilds, type ContextFiles } from '../testing/test-builds.ts';

fc.configureGlobal({ seed: 3 });

const corpus = readVectors<{ dockerfile: string }[]>('dockerfile/oracle-corpus.json');

const lines = [
  ...new Set(
    corpus
      .flatMap(({ dockerfile }) => dockerfile.split('\n'))
      .map((line) => line.trim().replace(/^(FROM\s+)(?!scratch)[\w./:-]+/i, '$1base'))
      // What takes long to fail is for other tests.
      .filter((line) => line !== '' && !/sleep|https?:|git@/.test(line)),
  ),
];

const tree: ContextFiles = {
  a: 'a\n',
  foo: 'foo\n',
  'dir/b': 'b\n',
  'dir/sub/c': 'c\n',
  loop: { type: 'symlink', linkName: 'loop', mode: 0o777 },
  out: { type: 'symlink', linkName: '../../etc', mode: 0o777 },
  'a.tar': { content: contextTar({ 'x/y': 'y' }) },
  '.dockerignore': 'dir/sub\n',
};

const dockerfile = fc
  .tuple(
    fc.constantFrom('FROM base', 'FROM base AS one', 'FROM scratch', 'ARG X=base\nFROM $X', ''),
    fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...lines) },
        fc.constantFrom(
          'COPY . /x/',
          'COPY dir /lib/file',
          'ADD a.tar /lib',
          'COPY --from=0 / /all/',
          'COPY --from=one /lib/file /y',
          'WORKDIR /lib/file',
          'COPY <<A <<B /h/\na\nA\nb\nB',
          'RUN rm -r /lib',
          'RUN --mount=type=bind,target=/m true',
          'RUN --mount=type=cache,target=/c touch /c/x',
          'RUN echo x > /etc/passwd',
          'COPY loop out /l/',
          'COPY a /l/out/passwd',
          'ONBUILD COPY a /',
          'FROM base AS two',
        ),
      ),
      { maxLength: 7 },
    ),
  )
  .map(([from, rest]) => [from, ...rest].join('\n'));

describe('any Dockerfile', () => {
  it.each(['1', '2'])(
    'is built or refused, and nothing of it is left (builder %s)',
    async (version) => {
      const seen = new Set<string>();
      await fc.assert(
        fc.asyncProperty(dockerfile, fc.boolean(), async (text, forcerm) => {
          const docker = await TestBuilds.start();
          const built = await docker.build(
            { ...tree, Dockerfile: text },
            { version, t: 'app', forcerm: forcerm ? '1' : '0', buildargs: '{"A":"b"}', labels: '{"l":"m"}' },
          );
          seen.add(built.error === undefined ? 'built' : 'refused');
          expect((built.id === undefined || version === '1') && built.error === undefined && built.id === undefined).toBe(false);
          expect(built.error ?? '').not.toMatch(/undefined|is not a function|Cannot read|Invalid array/);
          expect(docker.left()).toEqual([]);
        }),
        { numRuns: 150 },
      );
      expect([...seen].sort()).toEqual(['built', 'refused']);
    },
    60_000,
  );
});

const name = fc.oneof(
  fc
    .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    .filter((text) => !/[/\0]|^\.{1,2}$|^\.wh\./.test(text) && isWellFormed(text)),
  fc.integer({ min: 60, max: 250 }).map((length) => 'n'.repeat(length)),
);

function isWellFormed(text: string): boolean {
  return new TextDecoder().decode(new TextEncoder().encode(text)) === text && new TextEncoder().encode(text).length < 250;
}

const leaf = fc.record({
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.oneof(fc.nat(3000), fc.nat(0xfffffffe)),
  gid: fc.oneof(fc.nat(3000), fc.nat(0xfffffffe)),
  mtime: fc.oneof(fc.nat(2 ** 31 - 1), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
});

const entries = fc
  .array(fc.tuple(name, name, leaf, fc.constantFrom('file', 'symlink', 'fifo', 'block'), fc.uint8Array()), { maxLength: 12 })
  .map((given) => {
    const made = new Map<string, LayerEntry>();
    for (const [directory, file, common, type, content] of given) {
      if ((made.get(directory)?.type ?? 'directory') !== 'directory') continue;
      made.set(directory, { path: directory, type: 'directory', ...common });
      const path = `${directory}/${file}`;
      if (type === 'file') made.set(path, { path, type, ...common, content });
      else if (type === 'symlink') made.set(path, { path, type, ...common, linkName: `../${file}/${directory}` });
      else if (type === 'block') made.set(path, { path, type, ...common, major: 8, minor: 1 });
      else made.set(path, { path, type: 'fifo', ...common });
    }
    return [...made.values()];
  });

describe('an archive', () => {
  it('has what was packed, whatever it is called', () => {
    fc.assert(
      fc.property(entries, (given) => {
        const archive = concatBytes(packTar(given));
        expect(unpackTree(archive).entries).toEqual(given);
        expect(unpackLayer(archive).entries).toEqual(given);
      }),
    );
  });

  it('that is damaged gives an error of ours or other entries, in little time', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(entries, fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(), (given, changes, cut) => {
        const archive = concatBytes(packTar(given)).slice();
        for (const [at, byte] of changes) archive[at % archive.length] = byte;
        const damaged = repaired(archive.slice(0, archive.length - (cut % 3 === 0 ? cut % archive.length : 0)));
        for (const unpack of [unpackTree, unpackLayer]) {
          try {
            unpack(damaged);
          } catch (error) {
            if (!(error instanceof EngineError)) throw error;
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('that is loaded is an image, or leaves none', async () => {
    const docker = await TestBuilds.start();
    const { client, engine, storage } = docker.node;
    await docker.pullBase();
    const { error } = await docker.build({ Dockerfile: 'FROM base\nCOPY a /\nRUN echo b > /b\n', a: 'a' }, { t: 'app' });
    expect(error).toBeUndefined();
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await client.stream('/images/get', { query: { names: ['app', 'base'] } })).chunks) chunks.push(chunk);
    const archive = concatBytes(chunks);
    for (const one of ['app', 'base']) await client.delete(`/images/${one}`, { query: { force: true } });
    await client.post('/build/prune', { query: { all: true } });
    expect([...engine.images.layers.all()]).toEqual([]);
    const empty = storage.paths();
    let loaded = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { maxLength: 3 }), fc.nat(10), async (changes, cut) => {
        const damaged = archive.slice(0, cut === 0 ? (changes[0]?.[0] ?? archive.length) : archive.length);
        for (const [at, byte] of changes) if (at < damaged.length) damaged[at] = byte;
        const once = (async function* () {
          yield cut % 2 === 0 ? damaged : repaired(damaged);
        })();
        const answer = await client.stream('/images/load', { method: 'POST', body: once });
        let text = '';
        for await (const chunk of answer.chunks) text += new TextDecoder().decode(chunk);
        const images = [...engine.images.store.all()];
        if (text.includes('"error"')) expect(images).toEqual([]);
        else loaded++;
        expect(docker.left()).toEqual([]);
        for (const { id } of images) await client.delete(`/images/${id}`, { query: { force: true } }).catch(() => undefined);
        expect(storage.paths()).toEqual(empty);
      }),
      { numRuns: 150 },
    );
    expect(loaded).toBeGreaterThan(0);
  }, 60_000);
});

/** With sums that are right, so that what is wrong in a header is met. */
function repaired(archive: Uint8Array): Uint8Array {
  const out = archive.slice();
  for (let at = 0; at + 512 <= out.length; at += 512) {
    const header = out.subarray(at, at + 512);
    if (new TextDecoder().decode(header.subarray(257, 262)) !== 'ustar') continue;
    header.fill(0x20, 148, 156);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  }
  return out;
}
