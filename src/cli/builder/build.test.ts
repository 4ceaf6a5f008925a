import { describe, expect, test } from 'vitest';
import type { ApiRequest } from '#engine/api/http.ts';
import { concatBytes } from '#engine/bytes.ts';
import { readTar } from '#engine/oci/tar.ts';
import { endOfTar, tarPieces } from '#engine/oci/tar-writer.ts';
import { ScriptedDaemon, type Answers } from '../container/scripted-daemon.ts';
import { FakeEnvironment, runDocker, type CliResult, type FakeOptions } from '../testing.ts';
import { runCli } from '../cli.ts';

const encoder = new TextEncoder();
const base64 = (text: string): string => btoa(text);
const time = (ms: number): string => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();

interface Asked {
  query: ReadonlyMap<string, readonly string[]>;
  headers: Record<string, string>;
  /** Names and contents of the archive. */
  files: Map<string, string>;
}

/** A builder that answers with these messages, and what it was asked. */
function builder(messages: unknown[]): { daemon: ScriptedDaemon; asked: Asked[] } {
  const asked: Asked[] = [];
  const answers: Answers = {
    'POST /build': async (request: ApiRequest) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of request.body) pieces.push(piece);
      const files = new Map<string, string>();
      for (const { name, content, linkName } of readTar(concatBytes(pieces))) {
        files.set(name, linkName === '' ? new TextDecoder().decode(content) : `-> ${linkName}`);
      }
      asked.push({ query: request.query, headers: request.headers, files });
      return { body: { kind: 'bytes', bytes: encoder.encode(messages.map((message) => `${JSON.stringify(message)}\n`).join('')) } };
    },
  };
  return { daemon: new ScriptedDaemon(answers), asked };
}

const image = { id: 'moby.image.id', aux: { ID: 'sha256:abc' } };
const status = (aux: unknown): unknown => ({ id: 'drydock.build.status', aux });
const definition = { digest: 'sha256:1', name: '[internal] load build definition from Dockerfile', started: time(0), completed: time(20) };

async function build(
  args: string[],
  options: Omit<FakeOptions, 'args'> = {},
  messages: unknown[] = [status({ vertexes: [definition] }), image],
): Promise<CliResult & { asked: Asked[] }> {
  const { daemon, asked } = builder(messages);
  const files = options.files ?? { Dockerfile: 'FROM busybox\n', 'a.txt': 'A\n' };
  return { ...(await runDocker(args, { handler: daemon.handler, ...options, files })), asked };
}

describe('docker build', () => {
  test.each([[['build', '.']], [['image', 'build', '.']], [['builder', 'build', '.']], [['buildx', 'build', '.']], [['buildx', 'b', '.']]])(
    '%j sends the context and shows progress on standard error',
    async (args) => {
      const { status, stdout, stderr, asked } = await build(args);
      expect({ status, stdout, stderr }).toEqual({
        status: 0,
        stdout: '',
        stderr: `#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
`,
      });
      expect(Object.fromEntries(asked[0]!.query)).toEqual({ version: ['2'], dockerfile: ['Dockerfile'] });
      expect([...asked[0]!.files]).toEqual([
        ['Dockerfile', 'FROM busybox\n'],
        ['a.txt', 'A\n'],
      ]);
      expect(asked[0]!.headers).toMatchObject({ 'content-type': 'application/x-tar', 'transfer-encoding': 'chunked' });
    },
  );

  test('flags go into the query', async () => {
    const flags =
      '-t a -t b:1 --build-arg X=1 --build-arg HOME --build-arg NOSUCH --label l=v --label e --no-cache --pull --target x --network none --shm-size 1m --add-host a:1.2.3.4 --add-host b=[::1] --ulimit nofile=1:2 --cache-from a --cache-from type=registry,ref=b --platform linux/amd64';
    const { asked } = await build(['build', ...flags.split(' '), '.']);
    expect(Object.fromEntries(asked[0]!.query)).toEqual({
      version: ['2'],
      dockerfile: ['Dockerfile'],
      t: ['a', 'b:1'],
      buildargs: ['{"X":"1","HOME":"/root"}'],
      labels: ['{"l":"v","e":""}'],
      nocache: ['1'],
      pull: ['1'],
      target: ['x'],
      networkmode: ['none'],
      shmsize: ['1048576'],
      extrahosts: ['a:1.2.3.4', 'b:::1'],
      ulimits: ['[{"Name":"nofile","Hard":2,"Soft":1}]'],
      cachefrom: ['["a","b"]'],
      platform: ['linux/amd64'],
    });
  });

  test('--no-cache-filter names stages', async () => {
    const { asked } = await build(['build', '--no-cache-filter', 'a', '--no-cache-filter', 'b', '.']);
    expect(asked[0]!.query.get('nocachefilter')).toEqual(['a', 'b']);
  });

  test('-q prints the id alone', async () => {
    expect(await build(['build', '-q', '.'])).toMatchObject({ status: 0, stdout: 'sha256:abc\n', stderr: '' });
  });

  test('rawjson prints the documents', async () => {
    const { stderr } = await build(['build', '--progress', 'rawjson', '.'], {}, [status({ logs: [{ data: '', vertex: 'a<b' }] }), image]);
    expect(stderr).toBe('{"logs":[{"data":"","vertex":"a\\u003cb"}]}\n');
  });

  test('--iidfile and --metadata-file', async () => {
    const { environment } = await build(['build', '--iidfile', 'id', '--metadata-file', 'm', '-t', 'a', '.']);
    expect(environment.files.describe('id')).toBe('644 sha256:abc');
    expect(environment.files.describe('m')).toBe(`644 {
  "containerimage.config.digest": "sha256:abc",
  "containerimage.digest": "sha256:abc",
  "image.name": "docker.io/library/a:latest"
}`);
  });

  test('secrets are read here and sent in a header', async () => {
    const flags = ['--secret', 'id=s,src=s.txt', '--secret', 'id=HOME', '--secret', 'type=env,id=e,src=X'];
    const { asked } = await build(['build', ...flags, '.'], { files: { Dockerfile: '', 's.txt': 'sss' }, env: { X: '?>' } });
    const header = asked[0]!.headers['x-drydock-build-secrets']!;
    expect(header).toMatch(/^[\w-]+$/);
    const contents = JSON.parse(atob(header.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, string>;
    expect(contents).toEqual({ s: base64('sss'), HOME: base64('/root'), e: base64('?>') });
  });
});

describe('where the Dockerfile is', () => {
  const files = {
    Dockerfile: 'D',
    'sub/D': 'sub',
    '../other/D': 'other',
    'ctx/a': 'A',
    'ctx/.dockerignore': 'x\n',
    'ctx/x': '',
    'ctx/sub/D': '',
  };

  test.each<[string[], string, string[]]>([
    [['.'], 'Dockerfile', ['Dockerfile', 'ctx/', 'ctx/.dockerignore', 'ctx/a', 'ctx/sub/', 'ctx/sub/D', 'ctx/x', 'sub/', 'sub/D']],
    [['-f', 'ctx/sub/D', 'ctx'], 'sub/D', ['.dockerignore', 'a', 'sub/', 'sub/D']],
    [['-f', 'nosuch', 'ctx'], 'nosuch', ['.dockerignore', 'a', 'sub/', 'sub/D']],
  ])('%j', async (args, dockerfile, names) => {
    const { asked } = await build(['build', ...args], { files });
    expect(asked[0]!.query.get('dockerfile')).toEqual([dockerfile]);
    expect([...asked[0]!.files.keys()]).toEqual(names);
  });

  test.each<[string[], string, string, string]>([
    [['-f', '../other/D', 'ctx'], '', 'other', 'D'],
    [['-f', '-', 'ctx'], 'FROM stdin', 'FROM stdin', 'Dockerfile'],
  ])('%j: it is sent under a name of its own, and shown under its usual one', async (args, stdin, content, shown) => {
    const { daemon, asked } = builder([]);
    daemon.answers['POST /build'] = ((before) => async (request: ApiRequest) => {
      const answer = await (before as (request: ApiRequest) => Promise<object>)(request);
      const name = request.query.get('dockerfile')![0]!;
      const vertex = { ...definition, name: `[internal] load build definition from ${name}` };
      const lines = [
        status({ vertexes: [vertex] }),
        { id: 'drydock.build.source', aux: { file: name, lines: [[1, 'X', true]] } },
        { error: 'e' },
      ];
      return {
        ...answer,
        body: { kind: 'bytes' as const, bytes: encoder.encode(lines.map((line) => `${JSON.stringify(line)}\n`).join('')) },
      };
    })(daemon.answers['POST /build']);
    const { stderr } = await runDocker(['build', ...args], { files, stdin, handler: daemon.handler });
    const [name] = asked[0]!.query.get('dockerfile')!;
    expect(name).toMatch(/^\.dockerfile\.[0-9a-f]{20}$/);
    expect(asked[0]!.files.get(name!)).toBe(content);
    expect(asked[0]!.files.get(`${name}.dockerignore`)).toBe(`x\n\n${name}\n${name}.dockerignore\n`);
    expect([...asked[0]!.files.keys()]).not.toContain('x');
    expect(stderr).toContain(`#1 [internal] load build definition from ${shown}\n`);
    expect(stderr).toContain(`${shown}:1\n--------------------\n   1 | >>> X\n--------------------\n`);
  });

  test('`dockerfile` where only that is there', async () => {
    const { asked } = await build(['build', '.'], { files: { dockerfile: 'x' } });
    expect(asked[0]!.query.get('dockerfile')).toEqual(['dockerfile']);
  });

  test('its own ignore file goes before that of the context, and what both say is sent for the builder to see', async () => {
    const ignored = { Dockerfile: '', 'Dockerfile.dockerignore': 'b\nDockerfile*\n.dockerignore', '.dockerignore': 'a', a: '', b: '' };
    const { asked } = await build(['build', '.'], { files: ignored });
    expect([...asked[0]!.files.keys()]).toEqual(['.dockerignore', 'Dockerfile', 'Dockerfile.dockerignore', 'a']);
  });

  test('a directory that is ignored itself is sent with what is not', async () => {
    const ignored = {
      Dockerfile: '',
      '.dockerignore': 'd\n!d/e/keep\n*.log',
      'd/e/keep': '',
      'd/e/x': '',
      'd/f': '',
      'x.log': '',
      link: { link: 'a' },
    };
    const { asked } = await build(['build', '.'], { files: ignored });
    expect([...asked[0]!.files]).toEqual([
      ['.dockerignore', 'd\n!d/e/keep\n*.log'],
      ['Dockerfile', ''],
      ['d/', ''],
      ['d/e/', ''],
      ['d/e/keep', ''],
      ['link', '-> a'],
    ]);
  });

  test('what is ignored is not read', async () => {
    const { daemon, asked } = builder([image]);
    const environment = new FakeEnvironment({
      args: ['build', '.'],
      files: { Dockerfile: '', '.dockerignore': 'big', 'big/x': 'x' },
      handler: daemon.handler,
    });
    const read: string[] = [];
    const readFile = environment.files.read.bind(environment.files);
    environment.files.read = async (path) => {
      read.push(path);
      return await readFile(path);
    };
    expect(await runCli(environment)).toBe(0);
    expect([...asked[0]!.files.keys()]).toEqual(['.dockerignore', 'Dockerfile']);
    expect(read.join()).not.toContain('big/');
  });
});

describe('from standard input', () => {
  const archive = (name: string): Uint8Array =>
    concatBytes([
      ...tarPieces({ path: name, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, content: encoder.encode('FROM x') }),
      endOfTar,
    ]);

  test('a Dockerfile', async () => {
    const { asked } = await build(['build', '-'], { stdin: 'FROM busybox\n' });
    expect([...asked[0]!.files]).toEqual([['Dockerfile', 'FROM busybox\n']]);
  });

  test.each([
    [[], 'Dockerfile'],
    [['-f', 'x'], 'x'],
  ])('an archive, with %j', async (flags, name) => {
    const { asked } = await build(['build', ...flags, '-'], { stdin: archive(name) });
    expect(asked[0]!.query.get('dockerfile')).toEqual([name]);
    expect([...asked[0]!.files]).toEqual([[name, 'FROM x']]);
  });
});

/** Source: docker/buildx v0.25.0; the first ones as recorded from it. */
describe('what is refused', () => {
  test.each<[string[], number, string, string?]>([
    [['build', 'nosuchdir'], 1, 'ERROR: failed to build: unable to prepare context: path "nosuchdir" not found\n'],
    [
      ['build'],
      1,
      "ERROR: docker: 'docker buildx build' requires 1 argument\n\nUsage:  docker buildx build [OPTIONS] PATH | URL | -\n\nRun 'docker buildx build --help' for more information\n",
    ],
    [
      ['build', '--nosuch', '.'],
      125,
      "unknown flag: --nosuch\n\nUsage:  docker buildx build [OPTIONS] PATH | URL | -\n\nRun 'docker buildx build --help' for more information\n",
    ],
    [['build', ''], 1, 'ERROR: failed to build: please specify build context (e.g. "." for the current directory)\n'],
    [['build', '-f', '-', '-'], 1, "ERROR: failed to build: invalid argument: can't use stdin for both build context and dockerfile\n"],
    [
      ['build', '-f', 'x', '-'],
      1,
      'ERROR: failed to build: ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles\n',
      'FROM x',
    ],
    [['build', '--progress', 'x', '.'], 1, 'ERROR: invalid progress mode x\n'],
    [['build', '--progress', 'tty', '.'], 1, 'ERROR: failed to get console: provided file is not a console\n'],
    [['build', '-q', '--progress', 'plain', '.'], 1, 'ERROR: progress=plain and quiet cannot be used together\n'],
    [
      ['build', '--no-cache', '--no-cache-filter', 'a', '.'],
      1,
      'ERROR: failed to build: --no-cache and --no-cache-filter cannot currently be used together\n',
    ],
    [
      ['build', '-t', 'A', '.'],
      1,
      'ERROR: failed to build: invalid tag "A": invalid reference format: repository name (library/A) must be lowercase\n',
    ],
    [
      ['build', '--network', 'x', '.'],
      1,
      'ERROR: failed to build: network mode "x" not supported by buildkit - you can define a custom network for your builder using the network driver-opt in buildx create\n',
    ],
    [['build', '--add-host', 'x', '.'], 1, 'ERROR: failed to build: invalid host x\n'],
    [
      ['build', '--secret', 'id=x,src=nosuch', '.'],
      1,
      'ERROR: failed to build: failed to stat nosuch: stat nosuch: no such file or directory\n',
    ],
    [
      ['build', '--output', 'type=local,dest=out', '.'],
      1,
      'ERROR: failed to build: the local exporter is not available in this version of Drydock: an image is all that it builds\n',
    ],
    [['build', '--push', '.'], 1, 'ERROR: failed to build: tag is needed when pushing to registry\n'],
    [
      ['build', 'https://example.com/x.git'],
      1,
      'ERROR: failed to build: failed to read https://example.com/x.git: there is no way to the internet here; put the files into a directory\n',
    ],
  ])('%j', async (args, status, stderr, stdin) => {
    const result = await build(args, { ...(stdin !== undefined && { stdin }) });
    expect({ status: result.status, stdout: result.stdout, stderr: result.stderr }).toEqual({ status, stdout: '', stderr });
    expect(result.asked).toEqual([]);
  });

  test('--load and the outputs that mean an image are taken', async () => {
    expect(await build(['build', '--load', '-o', 'type=docker', '--provenance=false', '.'])).toMatchObject({ status: 0 });
  });
});

describe('a build that fails', () => {
  const run = { digest: 'sha256:2', name: '[2/2] RUN echo x && exit 5', started: time(30) };
  const error = 'process "/bin/sh -c echo x && exit 5" did not complete successfully: exit code: 5';
  const lines = [
    [1, 'FROM busybox', false],
    [2, 'RUN echo x && exit 5', true],
    [3, '', false],
  ];

  test('as recorded from buildx', async () => {
    const result = await build(['build', '--progress', 'plain', '.'], {}, [
      status({ vertexes: [definition] }),
      status({ vertexes: [run] }),
      status({ logs: [{ vertex: run.digest, data: base64('x\n'), timestamp: time(169) }] }),
      status({ vertexes: [{ ...run, completed: time(230), error }] }),
      { id: 'drydock.build.source', aux: { file: 'Dockerfile', lines } },
      { errorDetail: { message: `failed to solve: ${error}` }, error },
    ]);
    expect({ status: result.status, stdout: result.stdout, stderr: result.stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: `#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s

#2 [2/2] RUN echo x && exit 5
#2 0.139 x
#2 ERROR: ${error}
------
 > [2/2] RUN echo x && exit 5:
0.139 x
------
Dockerfile:2
--------------------
   1 |     FROM busybox
   2 | >>> RUN echo x && exit 5
   3 |     
--------------------
ERROR: failed to build: failed to solve: ${error}
`,
    });
  });

  test('before anything was shown', async () => {
    const { daemon } = builder([]);
    daemon.answers['POST /build'] = { status: 400, json: { message: 'invalid platform' } };
    const result = await runDocker(['build', '.'], { handler: daemon.handler, files: { Dockerfile: '' } });
    expect(result).toMatchObject({ status: 1, stderr: 'ERROR: failed to build: failed to solve: invalid platform\n' });
  });

  test('when nobody answers', async () => {
    const result = await runDocker(['build', '.'], { files: { Dockerfile: '' } });
    const stderr = 'ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n';
    expect(result).toMatchObject({ status: 1, stderr });
  });

  test('an interrupted build is said, with its own exit status', async () => {
    const { daemon } = builder([]);
    let left = false;
    daemon.answers['POST /build'] = {
      body: {
        kind: 'stream',
        chunks: {
          [Symbol.asyncIterator]: () => ({
            next: () => new Promise(() => {}),
            return: async () => ({ done: (left = true), value: undefined }),
          }),
        },
      },
    };
    const environment = new FakeEnvironment({ args: ['build', '.'], files: { Dockerfile: '' }, handler: daemon.handler });
    const ended = runCli(environment);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    environment.signal('INT');
    expect(await ended).toBe(130);
    expect(environment.stderr.text).toBe('ERROR: failed to build: failed to solve: Canceled: context canceled\n');
    expect(left).toBe(true);
  });
});

describe('warnings', () => {
  const source = 'from busybox as x\nMAINTAINER me\nENV a b\nCMD echo hi\n';
  const short = 'MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 2)';
  const warning = {
    vertex: definition.digest,
    level: 1,
    short: base64(short),
    detail: [base64('Use LABEL')],
    url: 'https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/',
    sourceInfo: { filename: 'Dockerfile', data: base64(source) },
    range: [{ start: { line: 2 }, end: { line: 2 } }],
  };
  const messages = [status({ vertexes: [definition] }), status({ warnings: [warning] }), status({ warnings: [warning] }), image];

  test('are repeated below', async () => {
    const { stderr } = await build(['build', '.'], {}, messages);
    expect(stderr).toContain(`#1 DONE 0.0s\n\n \x1b[33m1 warning found (use docker --debug to expand):\n\x1b[0m - ${short}\n`);
  });

  test('and explained with --debug', async () => {
    const { stderr } = await build(['--debug', 'build', '.'], {}, messages);
    expect(stderr).toContain(`\n \x1b[33m1 warning found:
\x1b[0m - ${short}
Use LABEL
More info: https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/
Dockerfile:2
--------------------
   1 |     from busybox as x
   2 | >>> MAINTAINER me
   3 |     ENV a b
   4 |     CMD echo hi
--------------------

`);
  });

  const check = (rule: string, message: string, startLine: number): unknown => ({
    rule,
    description: '',
    url: `https://docs.docker.com/go/dockerfile/rule/${rule.replace(/(?!^)([A-Z])/g, '-$1').toLowerCase()}/`,
    message,
    startLine,
    endLine: startLine,
  });

  test('--check, as recorded from buildx', async () => {
    const warnings = [
      check('MaintainerDeprecated', 'Maintainer instruction is deprecated in favor of using label', 2),
      check('ConsistentInstructionCasing', "Command 'from' should match the case of the command majority (uppercase)", 1),
    ];
    const result = await build(['build', '--check', 'lint'], { files: { 'lint/Dockerfile': source } }, [
      { id: 'drydock.build.check', aux: { warnings } },
    ]);
    expect(result.asked[0]!.query.get('check')).toEqual(['1']);
    expect({ status: result.status, stdout: result.stdout }).toEqual({
      status: 1,
      stdout: `Check complete, 2 warnings have been found!

WARNING: ConsistentInstructionCasing - https://docs.docker.com/go/dockerfile/rule/consistent-instruction-casing/
Command 'from' should match the case of the command majority (uppercase)
lint/Dockerfile:1
--------------------
   1 | >>> from busybox as x
   2 |     MAINTAINER me
   3 |     ENV a b
--------------------

WARNING: MaintainerDeprecated - https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/
Maintainer instruction is deprecated in favor of using label
lint/Dockerfile:2
--------------------
   1 |     from busybox as x
   2 | >>> MAINTAINER me
   3 |     ENV a b
   4 |     CMD echo hi
--------------------
`,
    });
  });

  test('--check of what cannot be read', async () => {
    const message = 'dockerfile parse error on line 2: unknown instruction: BOGUS';
    const failing = [
      { id: 'drydock.build.check', aux: { warnings: [check('FromAsCasing', "'as' and 'FROM' keywords' casing do not match", 1)] } },
      { id: 'drydock.build.source', aux: { file: 'Dockerfile', lines: [[2, 'BOGUS', true]] } },
      { errorDetail: { message: `failed to solve: ${message}` }, error: message },
    ];
    const result = await build(['build', '--check', '.'], { files: { Dockerfile: 'FROM a as b\nBOGUS\n' } }, failing);
    expect({ status: result.status, stderr: result.stderr }).toEqual({
      status: 1,
      stderr: `ERROR: ${message}\nDockerfile:2\n--------------------\n   2 | >>> BOGUS\n--------------------\n\n`,
    });
    expect(result.stdout).toMatch(/^Check complete, 1 warning has been found!\n\nWARNING: FromAsCasing[^]*-\n\n$/);
  });

  test('--call=check without findings', async () => {
    const result = await build(['build', '--call=check', '.'], {}, [{ id: 'drydock.build.check', aux: { warnings: null } }]);
    expect(result).toMatchObject({ status: 0, stdout: 'Check complete, no warnings found.\n' });
  });
});
