/**
 * Which test shows a command, a flag or a route: the test files are searched for command lines and requests, and so are the recordings
 * that a test replays. A test in a real machine is cited rather than one of parts, and that rather than a recording.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../root.ts';
import type { CommandSubject, RouteSubject } from './subjects.ts';

export interface Evidence {
  /** The test file that shows it, by `docker container run`, `docker container run --init` or `GET /containers/json`. */
  of(subject: string): string | undefined;
}

/** Who replays the recordings of a folder. */
const replayed: [string, string][] = [
  ['test/data/cli-container/create-requests.json', 'test/cli-container/create-request.test.ts'],
  ['test/data/cli-container/', 'test/cli-container/replay.test.ts'],
  ['test/data/compose-recordings/', 'src/cli/compose/recorded.test.ts'],
  ['test/data/cli-recordings/', 'src/cli/recorded.test.ts'],
  ['test/data/cli-client/', 'src/cli/client.test.ts'],
  ['test/data/engine-recordings/', 'test/engine/recorded-api.test.ts'],
];

/** Tests whose command lines are put together in a way that a search does not see. */
const named: [test: string, shows: string[]][] = [
  ['src/cli/builder/cache.test.ts', ['docker buildx ls', 'docker buildx version', 'docker buildx inspect']],
  ['src/cli/compose/config.test.ts', ['docker compose config']],
  ['test/registry.machine.test.ts', ['POST /images/{name}/push']],
  ['src/engine/container/layer.test.ts', ['GET /images/{name}/get']],
  ['src/cli/recorded.test.ts', ['POST /plugins/{name}/upgrade']],
];

export function findEvidence(commands: CommandSubject[], routes: RouteSubject[]): Evidence {
  const shown = new Map<string, string>();
  const seen = (subject: string, test: string): void => {
    if (!shown.has(subject)) shown.set(subject, test);
  };
  for (const [test, subjects] of named) {
    for (const subject of subjects) {
      seen(subject, test);
      for (const flag of optionsIn(
        read(test),
        commands.find(({ path }) => path === subject),
      ))
        seen(`${subject} ${flag}`, test);
    }
  }
  const find = commandFinder(commands);
  for (const { test, text, isCommandLine } of sources()) {
    if (isCommandLine) for (const line of commandLines(text)) for (const subject of find(line)) seen(subject, test);
    for (const route of routes) if (asks(text, route)) seen(`${route.method} ${route.path}`, test);
  }
  return { of: (subject) => shown.get(subject) ?? shown.get(twin(subject)) };
}

/** Flags that two commands read with the same code. */
const twins: [string, string][] = [
  ['docker container run --', 'docker container create --'],
  ['docker container create --', 'docker container run --'],
  ['docker buildx build --', 'docker image build --'],
  ['docker image build --', 'docker buildx build --'],
  ['docker buildx build', 'docker image build'],
];

function twin(subject: string): string {
  const [from = '', to = ''] = twins.find(([prefix]) => subject.startsWith(prefix)) ?? [];
  return to + subject.slice(from.length);
}

/** Flags as keys of an object: `{ 'no-interpolate': true }`. */
function optionsIn(text: string, command: CommandSubject | undefined): string[] {
  const isKey = (name: string): boolean => new RegExp(`[{ ]'?${name}'?:`).test(text);
  return (command?.flags ?? []).map(({ name }) => name).filter((name) => isKey(name.slice(2)));
}

interface Source {
  test: string;
  text: string;
  isCommandLine: boolean;
}

function sources(): Source[] {
  const tests = ['test', 'src', 'bin'].flatMap((folder) => files(folder, (name) => /\.(test|contract)\.ts$/.test(name)));
  const inMachine = (path: string): boolean => path.endsWith('.machine.test.ts');
  tests.sort((a, b) => Number(inMachine(b)) - Number(inMachine(a)) || (a < b ? -1 : 1));
  const written = tests.map((test) => ({ test, text: read(test), isCommandLine: /docker|runCli/i.test(test + read(test)) }));
  const recorded = files('test/data', (name) => name.endsWith('.json')).flatMap((path) => {
    const test = replayed.find(([prefix]) => path.startsWith(prefix))?.[1];
    // The engine's replay gives it the requests only.
    const isCommandLine = !path.startsWith('test/data/engine-recordings/');
    return test === undefined ? [] : [{ test, text: spoken(JSON.parse(read(path)) as unknown), isCommandLine }];
  });
  return [...written, ...recorded];
}

/** Command lines and requests of a recording, a line each. */
function spoken(value: unknown): string {
  if (Array.isArray(value)) return value.map(spoken).join('\n');
  if (typeof value !== 'object' || value === null) return '';
  const { cmd, args, flags, method, path } = value as Record<string, unknown>;
  const own = [
    typeof cmd === 'string' ? `"${cmd}"` : '',
    Array.isArray(args) ? `"docker ${args.join(' ')}"` : '',
    typeof flags === 'string' ? `"docker create ${flags}"` : '',
    typeof method === 'string' && typeof path === 'string' ? `${method} ${path}"` : '',
  ];
  return [...own, ...Object.entries(value).map(([key, inner]) => `"${key}"\n${spoken(inner)}`)].join('\n');
}

/** What stands in quotes, arguments of a list joined; a command line begins at the quote or at `docker`. */
function commandLines(source: string): string[] {
  const joined = source.replace(/['"`],\s*(?:\.\.\.\w+(?:\([^)]*\))?,\s*)?['"`]/g, ' ');
  const quoted = [...joined.matchAll(/['"`](?:docker )?([a-z][^'"`\n]*)/g)].map(([, line = '']) => line);
  return [...quoted, ...[...joined.matchAll(/\bdocker(?:-compose)? ([a-z][^'"`\n|;)]*)/g)].map(([, line = '']) => line)];
}

/** The commands and flags that a command line has. */
function commandFinder(commands: CommandSubject[]): (line: string) => string[] {
  const byPath = new Map(commands.map((command) => [command.path, command]));
  return (line) => {
    const words = line.trim().split(/\s+/);
    let path = 'docker';
    let index = 0;
    while (byPath.has(`${path} ${words[index]}`)) path += ` ${words[index++]}`;
    const typed = byPath.get(path);
    const command = typed?.same === undefined ? typed : byPath.get(typed.same);
    if (!command || command.isGroup) return [];
    // `docker build` goes to buildx.
    const takers = command.path === 'docker image build' ? [command, byPath.get('docker buildx build')!] : [command];
    return takers.flatMap((taker) => [taker.path, ...[...flagsIn(words.slice(index), taker)].map((flag) => `${taker.path} ${flag}`)]);
  };
}

function* flagsIn(words: string[], { path, flags }: CommandSubject): Generator<string> {
  const stops = /(container|compose) (run|exec|create|top)$/.test(path);
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (!word.startsWith('-')) {
      if (stops) return;
      continue;
    }
    const [name = '', value] = word.split('=', 2);
    const long = flags.find((flag) => flag.name === name);
    if (long) {
      yield long.name;
      if (long.takesValue && value === undefined) index++;
      continue;
    }
    for (const [at, letter] of [...name.slice(1)].entries()) {
      const short = flags.find(({ shorthand }) => shorthand === letter);
      if (!short) break;
      yield short.name;
      if (!short.takesValue) continue;
      if (at === name.length - 2 && value === undefined) index++;
      break;
    }
  }
}

/** A request of the route: its method near its path. */
function asks(text: string, { method, path }: RouteSubject): boolean {
  const places = path.split(/\{\w+\}/).map((part) => part.replace(/[.]/g, '\\.'));
  const pattern = places.join('(?:\\$\\{[^}]*\\}|[^\\s\'"`?/]|/(?=[^\\s\'"`]*/json))+');
  const verb = method === 'DELETE' ? 'del(?:ete)?' : method.toLowerCase();
  return new RegExp(`\\b${verb}\\w*\\b[^\\n]{0,40}?[/.\\w]*${pattern}(?=[\\s'"\`?])`, 'i').test(text);
}

function files(folder: string, wanted: (name: string) => boolean): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && wanted(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('test/data/coverage'));
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
