/** Where a project's files, environment and name come from. */
import { expect, it } from 'vitest';
import type { ComposeError } from '../compose-error.ts';
import { loadProject, type LoadOptions } from './load-project.ts';
import { memoryFiles } from './memory-files.ts';

const web = 'services: {web: {image: "busybox:${TAG:-none}"}}';

function load(files: Record<string, string>, more: Partial<LoadOptions> = {}) {
  const warnings: string[] = [];
  const options = {
    cwd: '/home/My App',
    environment: {},
    reader: memoryFiles('/home/My App', files),
    warn: (text: string): void => void warnings.push(text),
  };
  return loadProject({ ...options, ...more }).then((project) => ({ project, warnings }));
}

it('finds the default file and its override, and says when there are several', async () => {
  const { project, warnings } = await load({
    'docker-compose.yml': web,
    'compose.yaml': web,
    'compose.override.yaml': 'services: {web: {command: top}}',
  });
  expect(project.composeFiles).toEqual(['/home/My App/compose.yaml', '/home/My App/compose.override.yaml']);
  expect(project.services['web']?.command).toEqual(['top']);
  expect(warnings).toEqual([
    'Found multiple config files with supported names: /home/My App/compose.yaml, /home/My App/docker-compose.yml',
    'Using /home/My App/compose.yaml',
  ]);
});

it('looks in the directories above', async () => {
  const { project } = await load({ 'compose.yml': web, '.env': 'TAG=above', 'a/b/x': '' }, { cwd: '/home/My App/a/b' });
  expect(project.composeFiles).toEqual(['/home/My App/compose.yml']);
  expect(project.workingDirectory).toBe('/home/My App');
  expect(project.services['web']?.image).toBe('busybox:above');
});

it('says when there is none', async () => {
  const error = (await load({}).catch((reason: unknown) => reason)) as ComposeError;
  expect([error.message, error.status]).toEqual(['no configuration file provided: not found', 14]);
});

it('takes files from COMPOSE_FILE, also where .env sets it', async () => {
  const files = { 'a.yaml': web, 'b.yaml': 'services: {web: {init: true}}', '.env': 'COMPOSE_FILE=a.yaml:b.yaml\nTAG=env' };
  const { project } = await load(files);
  expect(project.composeFiles).toEqual(['/home/My App/a.yaml', '/home/My App/b.yaml']);
  expect(project.services['web']).toMatchObject({ image: 'busybox:env', init: true });
  await expect(load(files, { environment: { COMPOSE_FILE: 'c.yaml' } })).rejects.toThrow(
    'stat /home/My App/c.yaml: no such file or directory',
  );
});

it('reads a file from standard input', async () => {
  const standardInput = (): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode(web));
  const { project } = await load({}, { files: ['-'], standardInput });
  expect(project.composeFiles).toEqual(['-']);
  expect(Object.keys(project.services)).toEqual(['web']);
});

it('takes the environment from the process, then --env-file or .env', async () => {
  const files = { 'compose.yaml': web, '.env': 'TAG=default', 'one.env': 'A=1\nTAG=one', 'two.env': 'TAG=${A}2' };
  const image = async (more: Partial<LoadOptions>): Promise<string | undefined> => (await load(files, more)).project.services['web']?.image;
  expect(await image({})).toBe('busybox:default');
  expect(await image({ envFiles: ['one.env', 'two.env'] })).toBe('busybox:12');
  expect(await image({ environment: { TAG: 'process' }, envFiles: ['one.env'] })).toBe('busybox:process');
  expect(await image({ environment: { COMPOSE_DISABLE_ENV_FILE: '1' } })).toBe('busybox:none');
  expect(await image({ environment: { COMPOSE_ENV_FILES: 'one.env' } })).toBe('busybox:one');
  const missing = (await load(files, { envFiles: ['no.env'] }).catch((reason: unknown) => reason)) as ComposeError;
  expect([missing.message, missing.status]).toEqual(["couldn't find env file: /home/My App/no.env", 1]);
});

it('names a project by flag, environment, file, directory, in this order', async () => {
  const name = async (text: string, more: Partial<LoadOptions> = {}): Promise<string> =>
    (await load({ 'compose.yaml': text }, more)).project.name;
  const named = `name: from-\${FILE:-file}\n${web}`;
  expect(await name(web)).toBe('myapp');
  expect(await name(web, { files: ['compose.yaml'], projectDirectory: '../_Other' })).toBe('other');
  expect(await name(named)).toBe('from-file');
  expect(await name(named, { environment: { COMPOSE_PROJECT_NAME: 'from-env' } })).toBe('from-env');
  expect(await name(named, { environment: { COMPOSE_PROJECT_NAME: 'from-env' }, projectName: 'from-flag' })).toBe('from-flag');
  const wrong = (await name(web, { environment: { COMPOSE_PROJECT_NAME: 'Wrong' } }).catch((reason: unknown) => reason)) as ComposeError;
  expect(wrong.message).toMatch(/^invalid project name "Wrong": must consist only of lowercase alphanumeric characters/);
  expect(wrong.status).toBe(15);
  await expect(load({ 'compose.yaml': web }, { cwd: '/', files: ['/home/My App/compose.yaml'], projectDirectory: '/' })).rejects.toThrow(
    'project name must not be empty',
  );
});

const several = `
services:
  a: {image: i, depends_on: [b], networks: [front]}
  b: {image: i, volumes: ["data:/d"]}
  c: {image: i, profiles: [more], depends_on: [a]}
  d: {image: i, networks: [back]}
networks: {front: {}, back: {}}
volumes: {data: {}, unused: {}}
`;

it('enables and selects services', async () => {
  const names = async (more: Partial<LoadOptions>) => {
    const { project } = await load({ 'compose.yaml': several }, more);
    return [Object.keys(project.services), Object.keys(project.disabledServices), Object.keys(project.networks)].map((list) =>
      list.sort().join(' '),
    );
  };
  expect(await names({})).toEqual(['a b d', 'c', 'back default front']);
  expect(await names({ profiles: ['more'] })).toEqual(['a b c d', '', 'back default front']);
  expect(await names({ environment: { COMPOSE_PROFILES: 'x, more' } })).toEqual(['a b c d', '', 'back default front']);
  // Resources are left out by profile, before services are chosen.
  expect(await names({ services: ['a'] })).toEqual(['a b', 'c d', 'back default front']);
  expect(await names({ services: ['c'] })).toEqual(['a b c', 'd', 'back default front']);
  await expect(names({ services: ['e'] })).rejects.toThrow('no such service: e');
  const { project } = await load({ 'compose.yaml': several });
  expect(Object.keys(project.volumes)).toEqual(['data']);
});
