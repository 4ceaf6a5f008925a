import { beforeEach, describe, expect, it } from 'vitest';
import type { ImageHistoryItem, ImageInspect, ImageSummary } from '../api/types/image.ts';
import type { DiskUsage, EventMessage } from '../api/types/system.ts';
import { concatBytes } from '../bytes.ts';
import { packTar } from '../oci/tar-writer.ts';
import { contextEntries, contextTar, TestBuilds } from '../testing/test-builds.ts';

let docker: TestBuilds;
beforeEach(async () => {
  docker = await TestBuilds.start();
});

const inspect = (name: string): Promise<ImageInspect> => docker.node.client.get(`/images/${name}/json`);
const history = (name: string): Promise<ImageHistoryItem[]> => docker.node.client.get(`/images/${name}/history`);
const secrets = (given: Record<string, string>): Record<string, string> => ({
  'x-drydock-build-secrets': Buffer.from(
    JSON.stringify(Object.fromEntries(Object.entries(given).map(([id, text]) => [id, Buffer.from(text).toString('base64')]))),
  ).toString('base64url'),
});

const project = {
  Dockerfile: `FROM base AS build
RUN echo made > /made
FROM base AS unused
RUN echo never > /never
FROM base
WORKDIR /app
COPY a.txt b /app/
COPY --from=build /made /made
ENV A=1
CMD ["cat", "/made"]
`,
  'a.txt': 'a\n',
  'b/c.txt': 'c\n',
};

describe('a build', () => {
  it('does what its target needs, and makes an image of it', async () => {
    const { error, steps, id } = await docker.build(project, { t: ['app', 'app:v1'] });
    expect(error).toBeUndefined();
    expect(steps.map((step) => step.replace(/@sha256:[0-9a-f]{64}$/, '@DIGEST'))).toEqual([
      'DONE [internal] load build definition from Dockerfile',
      'DONE [internal] load metadata for docker.io/library/base:latest',
      'DONE [internal] load .dockerignore',
      'DONE [internal] load build context',
      'DONE [build 1/2] FROM docker.io/library/base:latest@DIGEST',
      'DONE [build 2/2] RUN echo made > /made',
      'DONE [stage-2 2/4] WORKDIR /app',
      'DONE [stage-2 3/4] COPY a.txt b /app/',
      'DONE [stage-2 4/4] COPY --from=build /made /made',
      'DONE exporting to image',
    ]);
    expect(steps.join('\n')).not.toContain('never');
    const image = await inspect('app:v1');
    expect(image).toMatchObject({ Id: id, RepoTags: ['app:latest', 'app:v1'], Comment: 'buildkit.dockerfile.v0' });
    expect(image.Config).toMatchObject({ WorkingDir: '/app', Cmd: ['cat', '/made'], Env: ['PATH=/bin', 'A=1'] });
    const files = docker.files('app');
    expect(files.get('app/a.txt')).toBe('a\n');
    expect(files.get('app/c.txt')).toBe('c\n');
    expect(files.get('made')).toBe('made\n');
    const made = await history('app');
    expect(made.map(({ CreatedBy }) => CreatedBy).slice(0, 5)).toEqual([
      'CMD ["cat" "/made"]',
      'ENV A=1',
      'COPY /made /made # buildkit',
      'COPY a.txt b /app/ # buildkit',
      'WORKDIR /app',
    ]);
  });

  it('done again is found in the cache, step by step, and gives the same image', async () => {
    const first = await docker.build(project, { t: 'app' });
    await docker.node.clock.advance(60_000);
    const second = await docker.build(project, { t: 'app' });
    expect(second.id).toBe(first.id);
    expect(second.steps.filter((step) => /RUN|COPY|WORKDIR/.test(step)).every((step) => step.startsWith('CACHED'))).toBe(true);
    const changed = await docker.build({ ...project, 'b/c.txt': 'other\n' }, { t: 'app' });
    expect(changed.steps.filter((step) => /RUN|COPY|WORKDIR/.test(step)).map((step) => step.split(' ')[0])).toEqual([
      'CACHED',
      'CACHED',
      'DONE',
      'DONE',
    ]);
    expect(changed.id).not.toBe(first.id);
    const without = await docker.build(project, { nocache: '1' });
    expect(without.steps.some((step) => step.startsWith('CACHED'))).toBe(false);
  });

  it('does not mind times of files, but their permissions', async () => {
    await docker.build(project);
    const touched = await docker.build({ ...project, 'a.txt': { content: new TextEncoder().encode('a\n'), mtime: 5 } });
    expect(touched.steps.join('\n')).toMatch(/CACHED \[stage-2 \d\/\d\] COPY a\.txt/);
    const executable = await docker.build({ ...project, 'a.txt': { content: new TextEncoder().encode('a\n'), mode: 0o755 } });
    expect(executable.steps.join('\n')).toMatch(/DONE \[stage-2 \d\/\d\] COPY a\.txt/);
  });

  it('depends on build arguments that are used, not on others', async () => {
    const files = { Dockerfile: 'FROM base\nARG WHO=me\nRUN echo $WHO > /who\n' };
    await docker.build(files, { t: 'a', buildargs: JSON.stringify({ WHO: 'you' }) });
    expect(docker.files('a').get('who')).toBe('you\n');
    const same = await docker.build(files, { buildargs: JSON.stringify({ WHO: 'you', OTHER: 'x' }) });
    expect(same.steps.join('\n')).toContain('CACHED [2/2] RUN echo you > /who');
    const other = await docker.build(files, { buildargs: JSON.stringify({ WHO: 'them' }) });
    expect(other.steps.join('\n')).toContain('DONE [2/2] RUN echo them > /who');
  });

  it('gives secrets to the step alone', async () => {
    const files = { Dockerfile: 'FROM base\nRUN --mount=type=secret,id=s cat /run/secrets/s > /copied\n' };
    const { error } = await docker.build(files, { t: 'a' }, secrets({ s: 'hush' }));
    // The fake does not mount files; what counts is that it was there to be mounted, and is gone.
    expect(error === undefined || error.includes('did not complete successfully')).toBe(true);
    expect(docker.node.storage.paths().filter((path) => path.includes('secrets'))).toEqual([]);
    const missing = await docker.build({ Dockerfile: 'FROM base\nRUN --mount=type=secret,id=s,required=true true\n' });
    expect(missing.error).toBe('failed to solve: secret s: not found');
  });

  it('brings what it stands on without giving it a name', async () => {
    const transfers = async (): Promise<string[]> => {
      const { error, statuses } = await docker.build({ Dockerfile: 'FROM base\nRUN true\n' });
      expect(error).toBeUndefined();
      return statuses.filter((id) => /^(resolve|extracting|sha256:)/.test(id)).map((id) => id.replace(/sha256:[0-9a-f]{64}/, 'DIGEST'));
    };
    const resolved = 'resolve docker.io/library/base:latest@DIGEST';
    expect(await transfers()).toEqual([resolved, 'DIGEST', 'extracting DIGEST']);
    expect(await transfers()).toEqual([resolved]);
    expect(docker.node.engine.images.find('base')).toBeUndefined();
    const [image, ...others] = await docker.node.client.get<ImageSummary[]>('/images/json', { query: { all: true } });
    expect([image?.RepoTags, others]).toEqual([[], []]);
  });

  it('stops at a target, and names stages that it does not know', async () => {
    const { steps } = await docker.build(project, { target: 'build' });
    expect(steps.join('\n')).not.toContain('COPY');
    expect((await docker.build(project, { target: 'nosuch' })).error).toBe('failed to solve: target stage "nosuch" could not be found');
  });
});

describe('a build that fails', () => {
  it.each([
    [
      'FROM base\nRUN echo x; exit 5\n',
      'process "/bin/sh -c echo x; exit 5" did not complete successfully: exit code: 5',
      ['>2 RUN echo x; exit 5'],
    ],
    [
      'FROM base\nCOPY nosuch /\n',
      /^failed to compute cache key: failed to calculate checksum of ref \w+::\w+: "\/nosuch": not found$/,
      ['>2 COPY nosuch /'],
    ],
    ['FROM base\nBOGUS\n', 'dockerfile parse error on line 2: unknown instruction: BOGUS', ['>2 BOGUS']],
    [
      'FROM base\nCOPY --chown=nosuch a.txt /\n',
      "unable to convert uid/gid chown string to host mapping: can't find uid for user nosuch: no such user: nosuch",
      undefined,
    ],
    ['FROM nosuch\n', /^nosuch: failed to resolve source metadata for docker\.io\/library\/nosuch:latest: /, ['>1 FROM nosuch']],
  ])('%j', async (Dockerfile, message, meant) => {
    const { error, source, id } = await docker.build({ Dockerfile, 'a.txt': '' }, { t: 'app' });
    const told = error?.replace(/^failed to solve: /, '');
    if (typeof message === 'string') expect(told).toBe(message);
    else expect(told).toMatch(message);
    if (meant) expect(source.filter((line) => line.startsWith('>'))).toEqual(meant);
    expect(id).toBeUndefined();
    await expect(inspect('app')).rejects.toMatchObject({ status: 404 });
  });

  it('says that there is no Dockerfile', async () => {
    expect((await docker.build({ x: '' })).error).toBe(
      'failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory',
    );
    expect((await docker.build({ x: '' }, { dockerfile: 'sub/D' })).error).toBe(
      'failed to solve: failed to read dockerfile: open sub/D: no such file or directory',
    );
  });

  it('keeps what its steps gave before for the next one', async () => {
    await docker.build({ Dockerfile: 'FROM base\nRUN echo 1 > /one\nRUN false\n' });
    const { steps } = await docker.build({ Dockerfile: 'FROM base\nRUN echo 1 > /one\nRUN true\n' });
    expect(steps.join('\n')).toContain('CACHED [2/3] RUN echo 1 > /one');
  });

  it.each([
    ['a path that leads out', [{ path: '../evil', type: 'file' as const }], /outside of/],
    ['a truncated archive', undefined, /unexpected EOF/],
  ])('for %s', async (_, entries, why) => {
    const plain = { mode: 0o644, uid: 0, gid: 0, mtime: 0, content: new Uint8Array(2000) };
    const tar = entries
      ? concatBytes(packTar(entries.map((entry) => ({ ...plain, ...entry }))))
      : contextTar({ x: 'x'.repeat(2000) }).subarray(0, 700);
    expect((await docker.build(tar)).error).toMatch(why);
  });
});

describe('COPY and ADD', () => {
  const layer = async (instruction: string, files = {}): Promise<string[]> => {
    const { error } = await docker.build({ Dockerfile: `FROM base\n${instruction}\n`, ...files }, { t: 'a' });
    if (error) throw new Error(error);
    return docker
      .top('a')
      .filter(({ path }) => path !== '')
      .map(
        ({ path, type, mode, uid, gid, linkName }) =>
          `${type} ${path} ${mode.toString(8)} ${uid}:${gid}${linkName ? ` -> ${linkName}` : ''}`,
      );
  };

  it('put files where Docker puts them', async () => {
    const files = { 'a.txt': 'a', 'd/x': 'x', 'd/e/y': 'y', 'd/l': { type: 'symlink' as const, linkName: 'x', mode: 0o777 } };
    expect(await layer('COPY a.txt /new/name', files)).toEqual(['directory new 755 0:0', 'file new/name 644 0:0']);
    expect(await layer('COPY a.txt /new/', files)).toEqual(['directory new 755 0:0', 'file new/a.txt 644 0:0']);
    expect(await layer('COPY a.txt /lib', files)).toEqual(['directory lib 755 1000:1000', 'file lib/a.txt 644 0:0']);
    expect(await layer('COPY d /new', files)).toEqual([
      'directory new 755 0:0',
      'directory new/e 755 0:0',
      'file new/e/y 644 0:0',
      'symlink new/l 777 0:0 -> x',
      'file new/x 644 0:0',
    ]);
    expect(await layer('COPY *.txt d/? /n/', files)).toEqual([
      'directory n 755 0:0',
      'file n/a.txt 644 0:0',
      'file n/l 644 0:0',
      'file n/x 644 0:0',
      'file n/y 644 0:0',
    ]);
    expect(await layer('COPY --chown=web:staff --chmod=750 d/x /x', files)).toEqual(['file x 750 33:50']);
    expect(await layer('COPY --chown=web d/x /x', files).catch((error: Error) => error.message)).toMatch(/can't find gid for group web/);
    expect(await layer('COPY --chmod=u=rwX,go=rX d /n', files)).toContain('directory n/e 755 0:0');
  });

  it('leave out what is excluded', async () => {
    const files = { '.dockerignore': '*.log\n', 'd/a.log': '', 'd/b': '' };
    // The client leaves out what .dockerignore names; COPY --exclude is ours.
    expect(await layer('COPY d /n', files)).toContain('file n/a.log 644 0:0');
  });

  it('leave out the Dockerfile and the ignore file where that says so', async () => {
    const names = async (rules: string): Promise<string[]> =>
      (await layer('COPY . /n', { '.dockerignore': rules, a: '' })).flatMap((line) => /^file n\/(\S+)/.exec(line)?.[1] ?? []);
    expect(await names('x')).toEqual(['.dockerignore', 'Dockerfile', 'a']);
    expect(await names('Dockerfile\n.docker*')).toEqual(['a']);
  });

  it('ADD unpacks archives, COPY does not', async () => {
    const archive = concatBytes(packTar(contextEntries({ 'in/side': 'text' })));
    const files = { 'x.tar': { content: archive } };
    expect(await layer('ADD x.tar /t/', files)).toEqual([
      'directory t 755 0:0',
      'directory t/in 755 1000:1000',
      'file t/in/side 644 1000:1000',
    ]);
    expect(await layer('COPY x.tar /t/', files)).toEqual(['directory t 755 0:0', 'file t/x.tar 644 0:0']);
  });

  it('a heredoc is a file', async () => {
    expect(await layer('COPY <<EOF /etc/motd\nhello\nEOF')).toEqual(['directory etc 755 1000:1000', 'file etc/motd 644 0:0']);
  });
});

describe('the build cache', () => {
  it('is told, kept over a restart of the daemon, and pruned', async () => {
    const { client, engine } = docker.node;
    await docker.build(project, { t: 'app' });
    const before = (await client.get<DiskUsage>('/system/df')).BuildCache ?? [];
    expect(before.map(({ Type, Shared }) => `${Type} ${Shared}`)).toEqual([
      'regular true',
      'regular false',
      'regular true',
      'regular true',
      'regular true',
    ]);
    const pulled = /^pulled from docker\.io\/library\/base:latest@sha256:[0-9a-f]{64}$/;
    expect(before[0]).toMatchObject({ Description: expect.stringMatching(pulled) as string });
    expect(before[0]![' Parents']).toBeUndefined();
    expect(before[1]).toMatchObject({
      ' Parents': [before[0]!.ID],
      Description: 'mount / from exec /bin/sh -c echo made > /made',
      Size: 5,
      UsageCount: 1,
      InUse: false,
    });
    await docker.pass(engine.shutdown());
    await docker.pass(engine.start());
    expect((await docker.build(project, { t: 'app' })).steps.filter((step) => step.startsWith('CACHED'))).toHaveLength(4);
    expect(await client.post('/build/prune')).toMatchObject({ SpaceReclaimed: 5 });
    expect((await client.get<DiskUsage>('/system/df')).BuildCache).toHaveLength(4);
    await client.delete('/images/app');
    expect([...engine.images.layers.all()]).toHaveLength(4);
    const { CachesDeleted } = await client.post<{ CachesDeleted: string[] }>('/build/prune', { query: { all: true } });
    expect(CachesDeleted).toHaveLength(4);
    expect([...engine.images.layers.all()]).toEqual([]);
  });

  it('says in an event what pruning freed', async () => {
    const { client } = docker.node;
    await docker.build(project, { t: 'app' });
    const query = { filters: '{"type":["builder"]}', since: '0' };
    await client.post('/build/prune');
    const stream = await client.messages<EventMessage>('/events', { query });
    const first = await stream[Symbol.asyncIterator]().next();
    expect(first.value).toMatchObject({ Type: 'builder', Action: 'prune', Actor: { ID: '', Attributes: { reclaimed: '5' } } });
  });
});
