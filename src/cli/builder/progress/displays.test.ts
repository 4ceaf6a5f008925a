/** What BuildKit's own displays print for a stream of status documents, to the byte. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Display } from './display.ts';
import { PlainDisplay } from './plain-display.ts';
import type { SolveStatus } from './solve-status.ts';
import { TerminalDisplay } from './terminal-display.ts';

const folder = new URL('../../../../test/data/build-progress/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

interface Moment {
  at: number;
  status?: SolveStatus;
}

/** Feeds a display as the recording was made: at most one refresh in 100 ms. */
function play(display: Display, moments: Moment[]): string {
  let last = -Infinity;
  let text = '';
  let now = 0;
  for (const { at, status } of moments) {
    now = at;
    if (status) text += display.update(status, now);
    if (status && now - last < 100) continue;
    if (status) last = now;
    text += display.refresh(now);
  }
  return text + display.done(now);
}

function moments(name: string): Moment[] {
  const lines = read(`${name}.jsonl`).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Moment);
}

const names = readdirSync(folder).flatMap((file) => /^(.*)\.jsonl$/.exec(file)?.[1] ?? []);

describe.each(names)('%s', (name) => {
  test('plain', () => {
    expect(play(new PlainDisplay('building with "default" instance using docker driver'), moments(name))).toBe(read(`${name}.plain.txt`));
  });

  test.each([
    { columns: 80, rows: 24 },
    { columns: 50, rows: 12 },
  ])('on a terminal of $columns columns', (size) => {
    const display = new TerminalDisplay({ title: 'docker:default', size: () => size, colors: true });
    expect(play(display, moments(name))).toBe(read(`${name}.tty-${size.columns}x${size.rows}.txt`));
  });
});

/** BuildKit repeats it out of order and twice. */
test('an unfinished last line is repeated at its place when the step fails', () => {
  const display = new PlainDisplay('x');
  const at = (ms: number): string => new Date(1_764_000_000_000 + ms).toISOString();
  const run = { digest: 'sha256:1', name: '[2/2] RUN printf', started: at(0) };
  const log = (ms: number, text: string): SolveStatus => ({ logs: [{ vertex: run.digest, data: btoa(text), timestamp: at(ms) }] });
  const end = { ...run, completed: at(300), error: 'process "/bin/sh -c printf" did not complete successfully: exit code: 1' };
  const statuses = [{ vertexes: [run] }, log(100, 'one\n'), log(200, 'two'), { vertexes: [end] }];
  const text = statuses.map((status, index) => display.update(status, index) + display.refresh(index)).join('') + display.done(9);
  expect(text).toBe(`#0 x

#1 [2/2] RUN printf
#1 0.100 one
#1 0.200 two
#1 ERROR: ${end.error}
------
 > [2/2] RUN printf:
0.100 one
0.200 two
------
`);
});
