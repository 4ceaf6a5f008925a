import { expect, it } from 'vitest';
import { ScriptedDaemon } from '../container/scripted-daemon.ts';
import { runDocker } from '../testing.ts';

const yaml = `name: demo
services:
  web: {image: "busybox:1", depends_on: [db]}
  db: {image: postgres}
  same: {image: "busybox:1"}
  app: {build: ., image: mine}
  built: {build: .}
  not: {image: secret, pull_policy: never}
`;
/** The same without what cannot be pulled. */
const good = yaml.replace(/ {2}app: .*\n/, '');

async function run(line: string, file = good): Promise<{ status: number; stderr: string; pulled: string[] }> {
  const daemon = new ScriptedDaemon({
    'POST /images/create': (request) => {
      const name = request.query.get('fromImage')?.[0];
      if (name === 'mine' || name === 'lost') return { status: 404, json: { message: `pull access denied for ${name}` } };
      const answer = name === 'cut' ? '{"error":"unexpected EOF"}' : '{"status":"Pull complete","id":"l1","progressDetail":{}}';
      return { body: { kind: 'bytes', bytes: new TextEncoder().encode(`${answer}\n`) } };
    },
    'GET /images/busybox:1/json': { json: { Id: 'sha256:b0' } },
    'GET /images/postgres/json': { json: { Id: 'sha256:c0' } },
    'GET /images/secret/json': { json: { Id: 'sha256:d0' } },
  });
  const words = line.replace('compose', 'compose --progress plain').split(' ');
  const { status, stderr } = await runDocker(words, { cwd: '/lab', handler: daemon.handler, files: { '/lab/compose.yaml': file } });
  const pulled = daemon.asked.flatMap((request) => /fromImage=(\w+)/.exec(request)?.[1] ?? []).sort();
  return { status, stderr, pulled };
}

it.each([
  ['compose pull web', ['busybox']],
  ['compose pull --include-deps web', ['busybox', 'postgres']],
  ['compose pull --policy missing web', []],
  ['compose pull --policy missing db', ['postgres']],
  ['compose pull --policy always web', ['busybox']],
  ['compose pull', ['busybox', 'postgres']],
  ['compose pull --policy always', ['busybox', 'postgres', 'secret']],
  ['compose pull --policy never', []],
  ['compose pull --policy odd', ['busybox', 'postgres', 'secret']],
])('docker %s', async (line, pulled) => {
  expect(await run(line)).toMatchObject({ status: 0, pulled });
});

it('says what it does', async () => {
  const { stderr } = await run('compose pull');
  expect(stderr).toContain(' same Pulling \n');
  expect(stderr).toContain(' db Pulled \n');
  expect(stderr).toContain(' web Skipped - Image is already being pulled by same \n');
  expect(stderr).toContain(' built Skipped - No image to be pulled \n');
  expect(stderr).toContain(' not Skipped \n');
  expect((await run('compose pull --policy missing web')).stderr).toBe(' web Skipped - Image is already present locally \n');
  expect(await run('compose pull --ignore-buildable app', yaml)).toMatchObject({
    status: 0,
    stderr: ' app Skipped - Image can be built \n',
  });
  expect((await run('compose pull --quiet web')).stderr).toBe('');
});

const lost = `${yaml}  gone: {image: lost}\n  half: {image: cut}\n  other: {build: ., image: lost}\n`;
const refused = (image: string): string => `Error response from daemon: pull access denied for ${image}`;
const toBuild = (services: string): string =>
  `WARNING: Some service image(s) must be built from source by running:\n    docker compose build ${services}\n`;

it.each([
  ['compose pull gone db', 18, [' gone Error pull access denied for lost\n', `${refused('lost')}\n`]],
  ['compose pull --ignore-pull-failures gone db', 0, [' gone Error pull access denied for lost\n', ' db Pulled \n']],
  ['compose pull half', 18, [' half Pulling \nunexpected EOF\n']],
  [
    'compose pull app',
    18,
    [' app Warning pull access denied for mine\n', `${toBuild('app')}1 error occurred:\n\t* ${refused('mine')}\n\n`],
  ],
  ['compose pull app other', 18, [`${toBuild('app other')}2 errors occurred:\n\t* ${refused('mine')}\n\t* ${refused('lost')}\n\n`]],
  ['compose pull app half', 18, [`${toBuild('app')}unexpected EOF\n`]],
  ['compose pull --ignore-pull-failures app half', 0, [toBuild('app')]],
])('docker %s, of what cannot be pulled', async (line, status, told) => {
  const ended = await run(line, lost);
  expect(ended.status).toBe(status);
  for (const text of told) expect(ended.stderr).toContain(text);
});
