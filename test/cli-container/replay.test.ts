/**
 * Recorded commands given to our command line, with a daemon that answers as recorded: what it prints,
 * its exit status, and every request with its body must be what Docker's client printed and asked.
 */
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '#engine/clock.ts';
import { FakeEnvironment } from '#cli/testing.ts';
import { runCli } from '#cli/cli.ts';
import { RecordedDaemon } from './recorded-daemon.ts';
import { readScenario, shellWords, type RecordedStep, type Scenario } from './recording.ts';

/** Why a step is not replayed. */
function excluded({ cmd, timeout, stability }: RecordedStep & { timeout?: boolean }): string | undefined {
  if (timeout) return 'it was killed, and printed nothing';
  if (cmd.includes('truncate .ID')) return 'the id is a placeholder of another length';
  if (stability === 'unstable' && cmd.startsWith('docker top')) return undefined;
  return undefined;
}

/** The recording does not tell the time; it shows in ages and in `--since`, so each second around is tried. */
function possibleTimes({ http }: RecordedStep): number[] {
  const since = /(?:since|until)=(\d{10})(?!\.)/.exec(http.map(({ path }) => path).join())?.[1];
  if (since) return [1, 3600].map((seconds) => (Number(since) + seconds) * 1000 + 500);
  const created = http
    .flatMap(({ json }) => (Array.isArray(json) ? (json as { Created?: number }[]) : []))
    .map(({ Created = 0 }) => Created);
  if (created.length === 0) return [Date.UTC(2026, 10, 23)];
  return Array.from({ length: 40 }, (_, half) => (Math.min(...created) + half / 2) * 1000);
}

interface Outcome {
  stdout?: string;
  stderr?: string;
  ptyOutput?: string;
  exit: number;
  problems: string[];
}

async function replay(step: RecordedStep, nowMs: number): Promise<Outcome> {
  const { words, dropped } = shellWords(step.cmd);
  const detaches = step.ptyOutput?.includes('read escape sequence') ?? false;
  const daemon = new RecordedDaemon(step.http, detaches || step.signalAfter !== undefined);
  const environment = new FakeEnvironment({
    args: words.slice(1),
    handler: daemon.handler,
    stdin: step.stdin ?? step.keys?.join('') ?? '',
    terminal: step.tty ? { rows: 24, columns: 80 } : undefined,
    clock: new VirtualClock(nowMs),
  });
  const ended = runCli(environment);
  if (step.signalAfter !== undefined) {
    for (let turn = 0; turn < 100; turn++) await macrotask();
    environment.signal('INT');
  }
  const ticking = { on: true };
  void tick(environment.clock, ticking);
  const exit = await ended;
  ticking.on = false;
  const problems = await daemon.finish();
  const { stderr } = environment;
  const stdout = { text: environment.stdout.text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC/g, '<TS>') };
  if (step.tty) return { ptyOutput: (stdout.text + stderr.text).replace(/\r?\n/g, '\r\n'), exit, problems };
  return { stdout: dropped.has('stdout') ? '' : stdout.text, stderr: dropped.has('stderr') ? '' : stderr.text, exit, problems };
}

async function tick(clock: VirtualClock, ticking: { on: boolean }): Promise<void> {
  while (ticking.on) {
    await clock.advance(100);
    await macrotask();
  }
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function expected(step: RecordedStep): Outcome {
  const { stdout, stderr, ptyOutput, exit } = step;
  if (step.tty) return { ptyOutput, exit, problems: [] };
  return { stdout, stderr, exit, problems: [] };
}

describe.each<Scenario>(['containers-lifecycle', 'logs', 'exec-attach', 'ps-images-formats'])('%s', (scenario) => {
  const steps = readScenario(scenario).filter((step) => excluded(step) === undefined);
  test.each(steps.map((step, index) => ({ index, step })))('$index $step.cmd', async ({ step }) => {
    let outcome: Outcome | undefined;
    for (const time of possibleTimes(step)) {
      const tried = await replay(step, time);
      outcome ??= tried;
      if (JSON.stringify(tried) === JSON.stringify(expected(step))) outcome = tried;
    }
    expect(outcome).toEqual(expected(step));
  });
});
