/** What Compose asks of the daemon and prints, given the same files and answers: recorded, see the data's origin. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { encodeFrame } from '#engine/api/stdcopy.ts';
import { concatBytes } from '#engine/bytes.ts';
import { VirtualClock } from '#engine/clock.ts';
import { ScriptedDaemon, type Answer, type Answers } from '../container/scripted-daemon.ts';
import { runDocker } from '../testing.ts';

interface RecordedBody {
  json?: unknown;
  /** Stream and text. */
  frames?: [number, string][];
}

interface Case {
  args: string[];
  cwd: string;
  nowSeconds?: number;
  answers: [request: string, status: number, body: RecordedBody | null][];
  stdout: string;
  stderr: string;
  status: number;
}

const { files, cases } = JSON.parse(
  readFileSync(new URL('../../../test/data/compose-recordings/reading.json', import.meta.url), 'utf8'),
) as { files: Record<string, string>; cases: Case[] };

function answerOf(status: number, body: RecordedBody | null): Answer {
  if (body?.json !== undefined) return { status, json: body.json };
  const frames = (body?.frames ?? []).map(([stream, text]) =>
    encodeFrame(stream === 2 ? 'stderr' : 'stdout', new TextEncoder().encode(text)),
  );
  return { status, body: { kind: 'bytes', bytes: concatBytes(frames) } };
}

/** As the daemon sees it: decoded, parts of the query in order. */
function requestText(request: string): string {
  const [path = '', query = ''] = request.split('?');
  const parts = [...new URLSearchParams(query)].map(([name, value]) => `${name}=${value}`).sort();
  return parts.length > 0 ? `${path}?${parts.join('&')}` : path;
}

const sorted = (text: string): string[] => text.split('\n').sort();

test.each(cases.map((recorded) => [`docker ${recorded.args.join(' ')}`, recorded] as const))('%s', async (line, recorded) => {
  const answers: Answers = {};
  for (const [request, status, body] of recorded.answers) answers[request.split('?')[0]!] = answerOf(status, body);
  const daemon = new ScriptedDaemon(answers);
  const clock = new VirtualClock((recorded.nowSeconds ?? 0) * 1000);
  const { cwd, args } = recorded;
  const { status, stdout, stderr } = await runDocker(args, { cwd, clock, handler: daemon.handler, files });
  // Containers' lines come as they may.
  if (line.includes(' logs')) expect(sorted(stdout)).toEqual(sorted(recorded.stdout));
  else expect(stdout).toBe(recorded.stdout);
  expect({ stderr, status }).toEqual({ stderr: recorded.stderr, status: recorded.status });
  expect(daemon.asked.sort()).toEqual(recorded.answers.map(([request]) => requestText(request)).sort());
});
