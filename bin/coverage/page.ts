/** The page's rows: every command with its flags, every route, what state it is in and which test shows it. */
import { commandTag, type State, type Tags } from './tags.ts';
import type { Evidence } from './evidence.ts';
import type { CommandSubject, RouteSubject } from './subjects.ts';

export interface Row {
  /** `docker container run`, `docker container run --init` or `GET /info`. */
  subject: string;
  title: string;
  state: State;
  /** A test file; undefined when none was found, or the subject is refused. */
  test: string | undefined;
}

const unknown: State = { kind: 'refused', reason: 'not there' };

export function commandRows(commands: CommandSubject[], tags: Tags, evidence: Evidence): Row[] {
  return commands
    .filter(({ isGroup, same }) => !isGroup && same === undefined)
    .flatMap(({ path, flags }) => {
      const tag = commandTag(tags, path);
      const state = tag?.state ?? unknown;
      const own: Row = { subject: path, title: tag?.title ?? '', state, test: evidence.of(path) };
      const inherited: State = state.kind === 'partly' ? { kind: 'works', reason: '' } : state;
      const ofFlags = flags.map(({ name }): Row => {
        const subject = `${path} ${name}`;
        return { subject, title: '', state: tags.flags.get(subject) ?? inherited, test: evidence.of(subject) };
      });
      return [own, ...ofFlags];
    });
}

export function routeRows(routes: RouteSubject[], tags: Tags, evidence: Evidence): Row[] {
  return routes.map(({ method, path }) => {
    const subject = `${method} ${path}`;
    const tag = tags.routes.get(subject);
    return { subject, title: tag?.title ?? '', state: tag?.state ?? unknown, test: evidence.of(subject) };
  });
}

/** The page. Flags of one command with the same state and the same test share a line. */
export function render(commands: CommandSubject[], ofCommands: Row[], ofRoutes: Row[]): string {
  const aliases = commands.filter(({ same }) => same !== undefined).map(({ path, same }) => `| \`${path}\` | \`${same ?? ''}\` |`);
  return [
    '# What is covered',
    '',
    'Written by `bin/coverage.ts` from the tags in the code, and from the tests: the last column names one that shows it. Every command and flag of',
    'docker 28.2.2, compose 2.26.1 and buildx 0.25.0 is listed, and every route of the Engine API 1.50. A flag is as its command unless it says otherwise.',
    '',
    '## Commands',
    '',
    '| | what | state | shown by |',
    '|---|---|---|---|',
    ...grouped(ofCommands),
    '',
    '## Second names',
    '',
    '| | is |',
    '|---|---|',
    ...aliases,
    '',
    '## Engine API',
    '',
    '| | what | state | shown by |',
    '|---|---|---|---|',
    ...[...ofRoutes].sort((a, b) => (a.subject < b.subject ? -1 : 1)).map((row) => line(`\`${row.subject}\``, row)),
    '',
  ].join('\n');
}

function grouped(rows: Row[]): string[] {
  const lines: string[] = [];
  let pending: { names: string[]; row: Row; key: string }[] = [];
  const flush = (): void => {
    for (const { names, row } of pending) lines.push(line(names.map((name) => `\`${name}\``).join(' '), row));
    pending = [];
  };
  for (const row of rows) {
    const flag = / (--\S+)$/.exec(row.subject)?.[1];
    if (flag === undefined) {
      flush();
      lines.push(line(`\`${row.subject}\``, row));
      continue;
    }
    const key = `${row.state.kind} ${row.state.reason} ${row.test ?? ''}`;
    const group = pending.find((other) => other.key === key);
    if (group) group.names.push(flag);
    else pending.push({ names: [flag], row, key });
  }
  flush();
  return lines;
}

function line(name: string, { title, state, test }: Row): string {
  const reason = state.reason === '' ? '' : `: ${state.reason}`;
  const shown = state.kind === 'refused' || test === undefined ? '' : `\`${test}\``;
  return `| ${name} | ${title} | ${state.kind}${reason} | ${shown} |`;
}
