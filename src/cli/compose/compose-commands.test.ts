/** The group `docker compose`: its flags before the command, its words for what is wrong. */
import { describe, expect, it } from 'vitest';
import { Channel } from '#engine/channel.ts';
import { runCli } from '../cli.ts';
import { ScriptedDaemon } from '../container/scripted-daemon.ts';
import { FakeEnvironment, type FakeOptions } from '../testing.ts';

const files = {
  '/lab/compose.yaml': 'services:\n  web:\n    image: busybox\n  tool:\n    image: tool:${V:-1}\n    profiles: [tools]\n',
  '/lab/other.yaml': 'name: other\nservices:\n  only:\n    image: alpine\n',
  '/lab/two.env': 'V=2\n',
  '/lab/odd.yaml': 'services:\n  app:\n    build: ./app\n    networks: [nosuch]\n',
};

async function run(line: string, options: FakeOptions = {}, program = 'docker'): Promise<{ status: number; out: string; err: string }> {
  const environment = new FakeEnvironment({ cwd: '/lab', files, ...options, args: line.split(' ').filter(Boolean) });
  environment.program = program;
  const status = await runCli(environment);
  return { status, out: environment.stdout.text, err: environment.stderr.text };
}

describe('flags before the command', () => {
  it.each([
    ['docker compose config --images', {}, 'busybox\n'],
    ['-f other.yaml config --images', {}, 'alpine\n'],
    ['--file=other.yaml config --services', {}, 'only\n'],
    ['-fother.yaml -f compose.yaml config --services', {}, 'only\nweb\n'],
    ['--profile tools config --images', {}, 'tool:1\nbusybox\n'],
    ['--profile tools --env-file two.env config --images', {}, 'tool:2\nbusybox\n'],
    ['-p mine --project-directory /srv convert --hash nosuch', {}, ''],
    ['config --services', { env: { COMPOSE_FILE: 'other.yaml' } }, 'only\n'],
    ['config --services', { env: { COMPOSE_FILE: 'other.yaml,compose.yaml', COMPOSE_PATH_SEPARATOR: ',' } }, 'only\nweb\n'],
    ['config --services', { env: { COMPOSE_PROFILES: 'tools' } }, 'tool\nweb\n'],
    ['config --images', { env: { COMPOSE_PROFILES: 'tools', COMPOSE_ENV_FILES: 'two.env' } }, 'tool:2\nbusybox\n'],
  ])('%s %j', async (line, options, out) => {
    expect((await run(`compose ${line.replace('docker compose ', '')}`, options)).out).toBe(out);
  });

  it('give the project its name', async () => {
    expect((await run('compose -p mine config --format json')).out).toContain('"name": "mine"');
    expect((await run('compose config --format json', { env: { COMPOSE_PROJECT_NAME: 'env' } })).out).toContain('"name": "env"');
    expect((await run('compose config --format json')).out).toContain('"name": "lab"');
  });
});

it.each([
  ['compose up -f other.yaml', 16, "unknown shorthand flag: 'f' in -f\n"],
  ['compose --bogus ps', 16, 'unknown flag: --bogus\n'],
  ['compose nosuchcmd', 16, 'unknown docker command: "compose nosuchcmd"\n'],
  ['compose --progress odd config', 1, 'unsupported --progress value "odd"\n'],
  ['compose --progress tty --ansi never config', 1, "can't use --progress tty while ANSI support is disabled\n"],
  ['compose --progress plain --ansi always config', 1, "can't use --progress plain while ANSI support is forced\n"],
  ['compose --no-ansi --ansi never config', 1, 'cannot specify DEPRECATED "--no-ansi" and "--ansi". Please use only "--ansi"\n'],
  [
    'compose --workdir /a --project-directory /b config',
    1,
    "cannot specify DEPRECATED '--workdir' and '--project-directory'. Please use only '--project-directory' instead\n",
  ],
  ['compose port web', 1, 'requires at least 2 arg(s), only received 1\n'],
  ['compose ls x', 1, 'unknown command "x" for "docker compose ls"\n'],
  ['compose stats a b', 1, 'accepts at most 1 arg(s), received 2\n'],
  ['compose -f nosuch.yaml config', 14, 'open /lab/nosuch.yaml: no such file or directory\n'],
  ['compose -p BAD_NAME! config', 1, expect.stringContaining('invalid project name "BAD_NAME!": must consist only of')],
])('%s fails with status %i', async (line, status, err) => {
  expect(await run(line)).toMatchObject({ status, err });
});

describe('config', () => {
  const env = { COMPOSE_FILE: 'odd.yaml' };

  it('prints the profiles', async () => {
    expect(await run('compose config --profiles')).toMatchObject({ status: 0, out: 'tools\n' });
  });

  it('refuses what is not consistent, unless told not to look', async () => {
    const refusal = 'service "app" refers to undefined network nosuch: invalid compose project\n';
    expect(await run('compose config', { env })).toMatchObject({ out: '', err: refusal });
    expect((await run('compose config --no-consistency', { env })).out).toContain('      context: /lab/app\n');
  });

  it('adds what is implied, unless told not to', async () => {
    expect((await run('compose config')).out).toContain('networks:\n  default:\n');
    expect((await run('compose config --no-normalize')).out).not.toContain('default');
  });

  it('leaves paths as they are written', async () => {
    expect((await run('compose config --no-consistency --no-path-resolution', { env })).out).toContain('      context: ./app\n');
  });
});

it('wants a whole number in COMPOSE_PARALLEL_LIMIT', async () => {
  const { err } = await run('compose config', { env: { COMPOSE_PARALLEL_LIMIT: 'many' } });
  expect(err).toBe('COMPOSE_PARALLEL_LIMIT must be an integer (found: "many")\n');
});

it('is docker-compose too', async () => {
  expect(await run('-f other.yaml config --services', {}, 'docker-compose')).toMatchObject({ status: 0, out: 'only\n' });
  const slip = await run('up -f other.yaml', {}, 'docker-compose');
  expect(slip).toMatchObject({ status: 16, err: "unknown shorthand flag: 'f' in -f\n" });
});

describe('version', () => {
  it.each([
    ['compose version', 'Docker Compose version v2.26.1\n'],
    ['compose --version', 'Docker Compose version v2.26.1\n'],
    ['compose -v', 'Docker Compose version v2.26.1\n'],
    ['compose version --short', '2.26.1\n'],
    ['compose version -f json', '{"version":"v2.26.1"}\n'],
  ])('%s', async (line, out) => {
    expect(await run(line)).toMatchObject({ status: 0, out });
  });
});

it('explains itself without a command', async () => {
  for (const line of ['compose', 'compose --help', 'help compose']) {
    const { status, out } = await run(line);
    expect({ status, out }).toMatchObject({ status: 0, out: expect.stringMatching(/^\nUsage: {2}docker compose \[OPTIONS\] COMMAND\n/) });
  }
  expect((await run('compose ps --help')).out).toMatch(/^\nUsage: {2}docker compose ps \[OPTIONS\]/);
  expect((await run('help compose ps')).out).toMatch(/^\nUsage: {2}docker compose ps \[OPTIONS\]/);
});

it.each(['INT', 'TERM'])('%s ends a command in Compose’s words', async (signal) => {
  const daemon = new ScriptedDaemon({ 'GET /events': { body: { kind: 'stream', chunks: new Channel<Uint8Array>() } } });
  const environment = new FakeEnvironment({ args: ['compose', '-p', 'demo', 'events'], handler: daemon.handler });
  const ended = runCli(environment);
  await expect.poll(() => daemon.asked.length).toBe(1);
  environment.signal(signal);
  expect({ status: await ended, stderr: environment.stderr.text }).toEqual({ status: 130, stderr: 'canceled\n' });
});
