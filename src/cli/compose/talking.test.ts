/** Commands that exchange something with containers: files, streams, events, the end. */
import { describe, expect, it } from 'vitest';
import { endOfTar, tarPieces } from '#engine/oci/tar-writer.ts';
import { concatBytes } from '#engine/bytes.ts';
import { runCli } from '../cli.ts';
import { ScriptedContainer, ScriptedDaemon, type Answers } from '../container/scripted-daemon.ts';
import { FakeEnvironment, runDocker, type CliResult, type FakeOptions } from '../testing.ts';

const encoder = new TextEncoder();
const labels = {
  'com.docker.compose.project': 'demo',
  'com.docker.compose.service': 'web',
  'com.docker.compose.container-number': '1',
};
const web = { Id: 'w1', Names: ['/demo-web-1'], Labels: labels, State: 'running', Ports: [] };
const second = { ...web, Id: 'w2', Names: ['/demo-web-2'], Labels: { ...labels, 'com.docker.compose.container-number': '2' } };

/** The words of a command line, with the project's name. */
const inDemo = (line: string): string[] => line.replace('compose', 'compose -p demo').split(' ');

async function macrotasks(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function run(line: string, answers: Answers, options: FakeOptions = {}): Promise<CliResult & { asked: string[] }> {
  const daemon = new ScriptedDaemon({ 'GET /containers/json': { json: [web, second] }, ...answers });
  const result = await runDocker(inDemo(line), { cwd: '/lab', handler: daemon.handler, ...options });
  return { ...result, asked: daemon.asked };
}

describe('cp', () => {
  const stat = (name: string, mode: number): string =>
    btoa(JSON.stringify({ name, size: 3, mode, mtime: '2024-01-01T00:00:00Z', linkTarget: mode & 0x8000000 ? name : '' }));
  const archive = concatBytes([
    ...tarPieces({ path: 'passwd', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, content: encoder.encode('abc') }),
    endOfTar,
  ]);

  it('reads from the first container', async () => {
    const daemon = new ScriptedDaemon({ 'GET /containers/json': { json: [web, second] } });
    const handler: typeof daemon.handler = async (request) =>
      request.path.endsWith('/archive')
        ? { status: 200, headers: { 'X-Docker-Container-Path-Stat': stat('passwd', 0o644) }, body: { kind: 'bytes', bytes: archive } }
        : daemon.handler(request);
    const { status, stderr, stdout, environment } = await runDocker(inDemo('compose cp web:/etc/passwd ./pw'), {
      cwd: '/lab',
      handler,
      files: { '/lab/x': '' },
    });
    expect(stderr).toBe(
      ' demo-web-1 copy demo-web-1:/etc/passwd to ./pw Copying\n demo-web-1 copy demo-web-1:/etc/passwd to ./pw Copied\n',
    );
    expect({ status, stdout, text: new TextDecoder().decode(await environment.files.read('/lab/pw')) }).toEqual({
      status: 0,
      stdout: '',
      text: 'abc',
    });
    expect(daemon.asked).toEqual([
      'GET /containers/json?all=1&filters={"label":{"com.docker.compose.config-hash":true,"com.docker.compose.oneoff=False":true,"com.docker.compose.project=demo":true,"com.docker.compose.service=web":true}}',
    ]);
  });

  it.each([
    ['compose cp --index 2 web:/etc/passwd ./out', ['GET w2 /etc/passwd']],
    ['compose cp web:/etc/link ./out', ['GET w1 /etc/link']],
    ['compose cp -L web:/etc/link ./out', ['GET w1 /etc/passwd', 'HEAD w1 /etc/link']],
    ['compose cp pw web:/tmp/', ['HEAD w1 /tmp/', 'HEAD w2 /tmp/', 'PUT w1 /tmp/', 'PUT w2 /tmp/']],
    ['compose cp --all pw web:/tmp/', ['HEAD w1 /tmp/', 'HEAD w2 /tmp/', 'PUT w1 /tmp/', 'PUT w2 /tmp/']],
    ['compose cp --index 2 -a pw web:/tmp/', ['HEAD w2 /tmp/', 'PUT w2 /tmp/ with owners']],
  ])('%s', async (line, archives) => {
    const daemon = new ScriptedDaemon({
      'GET /containers/json': ({ query }) => ({ json: query.get('filters')?.[0]?.includes('number=2') ? [second] : [web, second] }),
    });
    const seen: string[] = [];
    const handler: typeof daemon.handler = async (request) => {
      if (!request.path.endsWith('/archive')) return daemon.handler(request);
      const path = request.query.get('path')?.[0] ?? '';
      seen.push(`${request.method} ${request.path.split('/').at(-2)} ${path}${request.query.has('copyUIDGID') ? ' with owners' : ''}`);
      const mode = path.endsWith('/') ? 0x80000000 : path.endsWith('link') ? 0x8000000 : 0;
      const headers = { 'X-Docker-Container-Path-Stat': stat('passwd', mode + 0o644) };
      return { status: 200, headers, body: request.method === 'GET' ? { kind: 'bytes', bytes: archive } : { kind: 'empty' } };
    };
    expect(await runDocker(inDemo(line), { cwd: '/lab', handler, files: { '/lab/pw': 'abc' } })).toMatchObject({ status: 0 });
    expect(seen.sort()).toEqual(archives);
  });

  it.each([
    ['compose cp web:/a web:/b', 'copying between services is not supported\n'],
    ['compose cp --index 3 web:/a b', 'service "web" is not running container #3\n'],
    ['compose cp web:/a b', 'no container found for service "web"\n'],
  ])('%s', async (line, message) => {
    const none: Answers = line.includes('web:/b') ? {} : { 'GET /containers/json': { json: [] } };
    expect((await run(line, none)).stderr).toContain(message);
  });
});

describe('events', () => {
  const event = (service: string, more: object = {}): string =>
    `${JSON.stringify({
      Type: 'container',
      Action: 'start',
      Actor: { ID: 'w1', Attributes: { ...labels, 'com.docker.compose.service': service, name: `demo-${service}-1`, image: 'busybox' } },
      time: 1704067200,
      ...more,
    }).replace(/}$/, ',"timeNano":1704067200120000007}')}\n`;
  const text = event('web') + event('db') + event('web', { Type: 'network' });
  const answers: Answers = { 'GET /events': () => ({ body: { kind: 'bytes', bytes: encoder.encode(text) } }) };

  it('prints what happens', async () => {
    const { stdout, asked } = await run('compose events', answers);
    expect(stdout).toBe(
      '2024-01-01 00:00:00.120000 container start w1 (image=busybox, name=demo-web-1)\n\n2024-01-01 00:00:00.120000 container start w1 (image=busybox, name=demo-db-1)\n\n',
    );
    expect(asked).toEqual(['GET /events?filters={"label":{"com.docker.compose.project=demo":true}}']);
  });

  it('prints the same in a dry run', async () => {
    const { stdout } = await run('compose events --dry-run', answers);
    expect(stdout).toBe((await run('compose events', answers)).stdout);
  });

  it('as JSON, of one service', async () => {
    expect((await run('compose events --json web', answers)).stdout).toBe(
      '{"action":"start","attributes":{"image":"busybox","name":"demo-web-1"},"id":"w1","service":"web","time":"2024-01-01T00:00:00.120000007Z","type":"container"}\n',
    );
  });
});

describe('wait', () => {
  const answers: Answers = {
    'POST /containers/w1/wait': { json: { StatusCode: 3 } },
    'POST /containers/w2/wait': { json: { StatusCode: 3 } },
  };

  it('ends as they end', async () => {
    const { status, stdout } = await run('compose wait web', answers);
    expect({ status, stdout }).toEqual({
      status: 3,
      stdout: 'container "w1" exited with status code 3\ncontainer "w2" exited with status code 3\n',
    });
  });

  it('wants some', async () => {
    expect(await run('compose wait web', { 'GET /containers/json': { json: [] } })).toMatchObject({
      status: 1,
      stderr: 'no containers for project "demo"\n',
    });
    expect(await run('compose wait', {})).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('"docker compose wait" requires at least 1 argument.'),
    });
  });
});

describe('exec', () => {
  const answers: Answers = {
    'GET /containers/w1/json': { json: { Id: 'w1' } },
    'POST /containers/w1/exec': { status: 201, json: { Id: 'e1' } },
    'POST /exec/e1/start': {},
  };

  it('asks for what its flags say', async () => {
    let body = '';
    const taken: Answers = {
      ...answers,
      'POST /containers/w1/exec': async (request) => {
        for await (const chunk of request.body) body += new TextDecoder().decode(chunk);
        return { status: 201, json: { Id: 'e1' } };
      },
    };
    const { status, asked } = await run('compose exec -d -T --privileged -u me -w /srv -e A=1 -e HOME --index 1 web ls -l', taken);
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({
      status: 0,
      body: {
        User: 'me',
        Privileged: true,
        Tty: false,
        AttachStdin: false,
        AttachStderr: false,
        AttachStdout: false,
        Detach: true,
        DetachKeys: '',
        Env: ['A=1', 'HOME=/root'],
        WorkingDir: '/srv',
        Cmd: ['ls', '-l'],
      },
    });
    expect(asked[0]).toContain('"com.docker.compose.container-number=1":true');
  });
});

describe('attach', () => {
  it('reaches the container of that number', async () => {
    const { asked, stderr } = await run('compose attach --index 2 web', {
      'GET /containers/json': ({ query }) => ({ json: query.get('filters')?.[0]?.includes('number=2') ? [second] : [web] }),
      'POST /containers/w2/wait': { json: { StatusCode: 0 } },
      'GET /containers/w2/json': { json: { State: { Running: false }, Config: { Tty: false } } },
    });
    expect(stderr).toBe('You cannot attach to a stopped container, start it first\n');
    expect(asked.slice(1)).toEqual(['POST /containers/w2/wait', 'GET /containers/w2/json']);
  });

  it.each([
    ['compose attach web', 'stderr=1&stdin=1&stdout=1&stream=1', ['POST /containers/c0ffee/kill?signal=USR1']],
    ['compose attach --sig-proxy=false web', 'stderr=1&stdin=1&stdout=1&stream=1', []],
    ['compose attach --no-stdin --sig-proxy=false web', 'stderr=1&stdout=1&stream=1', []],
    ['compose attach --detach-keys ctrl-a --sig-proxy=false web', 'detachKeys=ctrl-a&stderr=1&stdin=1&stdout=1&stream=1', []],
  ])('%s', async (line, query, kills) => {
    const container = new ScriptedContainer(() => ({}));
    const daemon = new ScriptedDaemon({
      ...container.answers,
      'GET /containers/json': { json: [{ ...web, Id: 'c0ffee' }] },
      'GET /containers/c0ffee/json': { json: { Id: 'c0ffee', State: { Running: true }, Config: { Tty: false, OpenStdin: true } } },
    });
    const environment = new FakeEnvironment({ args: inDemo(line), handler: daemon.handler });
    const ended = runCli(environment);
    await macrotasks();
    environment.signal('USR1');
    await macrotasks();
    container.endOutput();
    container.exit(4);
    expect(await ended).toBe(4);
    expect(daemon.asked).toContain(`POST /containers/c0ffee/attach?${query}`);
    expect(daemon.asked.filter((request) => request.includes('/kill'))).toEqual(kills);
  });
});

describe('stats', () => {
  const id = 'w1'.padEnd(64, '0');
  const filters = '"label":{"com.docker.compose.project=demo":true,"com.docker.compose.service=web":true}';

  it.each([
    ['compose stats --no-stream --format {{.ID}}={{.Name}} web', 'w10000000000=demo-web-1\n', ''],
    ['compose stats --no-stream -a --no-trunc --format {{.ID}}={{.Name}} web', `${id}=demo-web-1\n`, 'all=1&'],
  ])('%s', async (line, stdout, all) => {
    const cpu = { cpu_usage: { total_usage: 0 } };
    const sample = { id, name: '/demo-web-1', pids_stats: {}, blkio_stats: {}, cpu_stats: cpu, precpu_stats: cpu, memory_stats: {} };
    const result = await run(line, {
      'GET /events': { body: { kind: 'bytes', bytes: new Uint8Array() } },
      'GET /containers/json': { json: [{ ...web, Id: id }] },
      'GET /containers/w10000000000/stats': { json: sample },
    });
    expect(result).toMatchObject({ status: 0, stdout });
    expect(result.asked.slice(0, 2)).toEqual([
      `GET /events?filters={${filters},"type":{"container":true}}`,
      `GET /containers/json?${all}filters={${filters}}`,
    ]);
  });
});
