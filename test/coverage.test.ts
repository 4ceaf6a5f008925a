/** docs/coverage.md: everything that Docker's programs list is on it, and what it says to work is shown by a test that mentions it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findEvidence } from '../bin/coverage/evidence.ts';
import { commandRows, render, routeRows } from '../bin/coverage/page.ts';
import { commandSubjects, routeSubjects } from '../bin/coverage/subjects.ts';
import { readTags } from '../bin/coverage/tags.ts';
import { root } from '../bin/root.ts';

const commands = commandSubjects();
const routes = routeSubjects();
const tags = readTags();
const evidence = findEvidence(commands, routes);
const ofCommands = commandRows(commands, tags, evidence);
const rows = [...ofCommands, ...routeRows(routes, tags, evidence)];
const page = readFileSync(join(root, 'docs/coverage.md'), 'utf8');

test('the page is what the tags and the tests say', () => {
  expect(page).toBe(render(commands, ofCommands, rows.slice(ofCommands.length)));
});

test('every command, flag and route is there', () => {
  expect(commands.filter(({ path }) => !/^docker (compose|buildx)\b/.test(path))).toHaveLength(188);
  for (const { path, isGroup } of commands) if (!isGroup) expect(page).toContain(`| \`${path}\` |`);
  for (const { method, path } of routes) expect(page).toContain(`| \`${method} ${path}\` |`);
});

test('whatever is in part or refused says why', () => {
  expect(rows.filter(({ state }) => state.kind !== 'works' && state.reason === '').map(({ subject }) => subject)).toEqual([]);
  expect(rows.filter(({ state }) => state.reason === 'not there').map(({ subject }) => subject)).toEqual([]);
});

test('whatever works is shown by a test', () => {
  // Compose is not finished; its commands get their tests as they come.
  const finished = rows.filter(({ subject }) => !subject.startsWith('docker compose'));
  expect(finished.filter(({ state, test }) => state.kind !== 'refused' && test === undefined).map(({ subject }) => subject)).toEqual([]);
  for (const { test } of rows) if (test !== undefined) expect(existsSync(join(root, test)), test).toBe(true);
});

test('tags name what there is', () => {
  const known = new Set(ofCommands.map(({ subject }) => subject));
  expect([...tags.flags.keys()].filter((flag) => !known.has(flag))).toEqual([]);
});

describe('the course needs', () => {
  test.each([
    [
      'run',
      [
        'interactive',
        'tty',
        'detach',
        'name',
        'publish',
        'restart',
        'rm',
        'memory',
        'memory-reservation',
        'env',
        'entrypoint',
        'mount',
        'volume',
      ],
    ],
    ['run', ['pid', 'network', 'ipc', 'uts', 'hostname', 'user']],
    ['exec', ['interactive', 'tty']],
    ['ls', ['all']],
    ...['start', 'stop', 'kill', 'rm', 'inspect', 'export'].map((verb): [string, string[]] => [verb, []]),
  ])('docker container %s', (verb, flags) => {
    const needed = [`docker container ${verb}`, ...flags.map((flag) => `docker container ${verb} --${flag}`)];
    for (const subject of needed) expect(rows.find((row) => row.subject === subject)?.state.kind, subject).not.toBe('refused');
  });

  test.each(
    ['pull', 'history', 'ls', 'inspect', 'rm', 'prune', 'build', 'import']
      .map((verb) => `docker image ${verb}`)
      .concat(['docker system df', 'docker system prune', 'docker system info', 'docker version'])
      .concat(['create', 'ls', 'inspect', 'rm', 'prune'].map((verb) => `docker volume ${verb}`))
      .concat(['create', 'ls', 'inspect', 'connect', 'disconnect', 'rm', 'prune'].map((verb) => `docker network ${verb}`)),
  )('%s', (subject) => {
    expect(rows.find((row) => row.subject === subject)?.state.kind).not.toBe('refused');
  });
});
