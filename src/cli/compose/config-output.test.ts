/** What `docker compose config` printed of a recorded project, and what goes beyond that recording. */
import { expect, it } from 'vitest';
import { readVectors } from '../../../test/vectors.ts';
import {
  hashesText,
  imagesText,
  modelText,
  pinnedImage,
  profilesText,
  projectText,
  servicesText,
  variablesText,
  volumesText,
} from './config-output.ts';
import type { ComposeError } from './compose-error.ts';
import { loadProject, loadProjectModel, type LoadOptions } from './load/load-project.ts';
import { memoryFiles } from './load/memory-files.ts';
import type { Project } from './project.ts';

interface Step {
  cmd: string;
  stdout: string;
  stderr: string;
  exit: number;
}

const { files, steps } = readVectors<{ files: Record<string, string>; steps: Step[] }>('compose/config.json');
const directory = '/lab/compose-v2.26';

function recorded(cmd: string): Step {
  return steps.find((step) => step.cmd === cmd)!;
}

function options(more: Partial<LoadOptions> = {}): LoadOptions {
  return { cwd: directory, environment: {}, reader: memoryFiles(directory, files), warn: () => undefined, ...more };
}

const outputs: Record<string, (project: Project) => string> = {
  'docker compose config': (project) => projectText(project, 'yaml'),
  'docker compose config --services': servicesText,
  'docker compose config --volumes': volumesText,
  'docker compose config --images': (project) => imagesText(project, '-'),
};

it.each(Object.keys(outputs))('prints what %s printed', async (cmd) => {
  expect(outputs[cmd]!(await loadProject(options()))).toBe(recorded(cmd).stdout);
});

const failures: Record<string, Partial<LoadOptions>> = {
  'docker compose -f bad.yaml config': { files: ['bad.yaml'] },
  'docker compose -f cyc.yaml config': { files: ['cyc.yaml'] },
  'docker compose -f nosuch.yaml up': { files: ['nosuch.yaml'] },
  'docker compose up nosuchservice': { services: ['nosuchservice'] },
  'docker compose -p BAD_NAME! ps': { projectName: 'BAD_NAME!' },
};

it.each(Object.keys(failures))('fails as %s failed', async (cmd) => {
  const error = await loadProject(options(failures[cmd])).catch((reason: unknown) => reason as ComposeError);
  expect({ stderr: `${(error as ComposeError).message}\n`, exit: (error as ComposeError).status }).toEqual({
    stderr: recorded(cmd).stderr,
    exit: recorded(cmd).exit,
  });
});

it('hashes what makes another container of a service, and nothing else', async () => {
  const hashesOf = async (text: string): Promise<string> =>
    hashesText(await loadProject(options({ reader: memoryFiles(directory, { 'compose.yaml': text }) })), '*');
  const base = await hashesOf('services: {a: {image: busybox, command: top}}');
  expect(base).toMatch(/^a [0-9a-f]{64}\n$/);
  expect(await hashesOf('services: {a: {image: busybox, command: top, scale: 3, build: ., pull_policy: always}}')).toBe(base);
  expect(await hashesOf('services: {a: {image: busybox, command: top, init: false}}')).not.toBe(base);
  await expect(loadProject(options()).then((project) => hashesText(project, 'web,none'))).rejects.toThrow(
    'no such service: none: not found',
  );
});

const profiled = `
services:
  a: {image: "img:\${TAG:-1}", profiles: [x, y], environment: {PRICE: "5\$\$"}}
  b: {image: "\${NAME:?needed}", profiles: [z]}
  c: {image: "\${NAME}\${PLUS:+more}"}
`;

it('prints profiles, variables and what is not replaced', async () => {
  const reader = memoryFiles(directory, { 'compose.yaml': profiled });
  const project = await loadProject(options({ reader, environment: { NAME: 'n' }, profiles: ['x'] }));
  expect(profilesText(project)).toBe('x\ny\nz\n');
  // A dollar that is meant stays meant when the output is read again.
  expect(projectText(project, 'yaml')).toContain('PRICE: 5$$\n');
  expect(JSON.parse(projectText(project, 'json'))).toMatchObject({ services: { a: { environment: { PRICE: '5$$' } } } });
  expect(() => projectText(project, 'toml')).toThrow('unsupported format "toml"');

  const { model } = await loadProjectModel(options({ reader, interpolate: false }));
  expect(modelText(model, 'yaml')).toContain('    image: img:${TAG:-1}\n');
  expect(variablesText(model)).toBe(
    [
      'NAME                REQUIRED            DEFAULT VALUE       ALTERNATE VALUE',
      'NAME                false                                   ',
      'PLUS                false                                   more',
      'TAG                 false               1                   ',
      '',
    ].join('\n'),
  );
});

it('pins an image to what its name is now', async () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const digestOf = (): Promise<string> => Promise.resolve(digest);
  expect(await pinnedImage('busybox', digestOf)).toBe(`docker.io/library/busybox:latest@${digest}`);
  expect(await pinnedImage(`busybox@sha256:${'b'.repeat(64)}`, digestOf)).toBe(`docker.io/library/busybox@sha256:${'b'.repeat(64)}`);
});
