/**
 * Recordings of Docker 28.2.2 for tests: commands with what they printed and every request that the
 * client made, in `test/data/cli-container`.
 */
import { readFileSync } from 'node:fs';

export interface RecordedExchange {
  method: string;
  /** Path and query, without the version. */
  path: string;
  body?: unknown;
  status: number;
  json?: unknown;
  jsonLines?: unknown[];
  /** Stream number and text. */
  frames?: [number, string][];
  raw?: string;
  hijack?: { sent: string; frames?: [number, string][]; raw?: string };
}

export interface RecordedStep {
  cmd: string;
  stdin?: string;
  /** The command had a terminal of 24 rows and 80 columns, on which the keys were typed. */
  tty?: boolean;
  keys?: string[];
  /** Seconds until it was interrupted. */
  signalAfter?: number;
  stdout?: string;
  stderr?: string;
  ptyOutput?: string;
  exit: number;
  /** Whether two recordings agreed: exactly, but for times and ids, or not. */
  stability: 'exact' | 'masked' | 'unstable';
  http: RecordedExchange[];
}

export type Scenario = 'containers-lifecycle' | 'logs' | 'exec-attach' | 'ps-images-formats';

/** The steps, with ids of the usual length for their placeholders. */
export function readScenario(name: Scenario): RecordedStep[] {
  const { steps } = readData(`${name}.json`) as { steps: RecordedStep[] };
  return steps;
}

export function readData(file: string): unknown {
  const text = readFileSync(new URL(`../data/cli-container/${file}`, import.meta.url), 'utf8');
  return JSON.parse(withIds(text));
}

/** `<ID7>` becomes 64 hexadecimal digits, `<ID7:12>` the first twelve of them. */
function withIds(text: string): string {
  return text.replace(/<ID(\d+)(:12)?>/g, (_, number: string, short?: string) => {
    const id = number.padStart(4, '0').repeat(16).replace(/^0/, 'a');
    return short ? id.slice(0, 12) : id;
  });
}

/** The words of a recorded command line, and which streams it threw away. */
export function shellWords(line: string): { words: string[]; dropped: Set<string> } {
  const words: string[] = [];
  const dropped = new Set<string>();
  const pattern = /\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'\\]|\\.)+)/gy;
  for (const [, word = ''] of line.matchAll(pattern)) {
    if (word === '2>/dev/null') dropped.add('stderr');
    else if (word === '>/dev/null') dropped.add('stdout');
    else words.push(unquote(word));
  }
  return { words, dropped };
}

/** The recording's shell had no variables, so that `$i` became nothing. */
function unquote(word: string): string {
  return word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|\$\w+/g, (_, double?: string, single?: string, escaped?: string) => {
    if (double !== undefined) return double.replace(/\\(["\\$`])|\$\w+/g, (_all, kept?: string) => kept ?? '');
    return single ?? escaped ?? '';
  });
}
