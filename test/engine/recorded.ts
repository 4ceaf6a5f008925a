/**
 * Recordings of Docker 28.2.2 for tests of the engine: the requests of one scenario after the other, with what the
 * daemon answered, in `test/data/engine-recordings`.
 */
import { readFileSync } from 'node:fs';

export interface RecordedExchange {
  method: string;
  /** Path and query, without the version; ids as `<ID7>` or `<ID7:12>`. */
  path: string;
  body?: unknown;
  status: number;
  /** Content type of the answer. */
  type?: string;
  json?: unknown;
  /** Stream number and text. */
  frames?: [number, string][];
  raw?: string;
  hijack?: { sent?: { text: string }; frames?: [number, string][]; received?: { raw: string } };
}

export interface RecordedStep {
  cmd: string;
  /** Seconds until it was interrupted. */
  signalAfter?: number;
  timeout?: boolean;
  tty?: boolean;
  http: RecordedExchange[];
}

export type Scenario = 'containers-lifecycle' | 'logs' | 'exec-attach' | 'run-inspect-flags' | 'ps-images-formats';

/** A document kept as what has changed from the first of its kind: paths with their new value, or none when removed. */
interface Changed {
  like: string;
  changes: [string[], unknown?][];
}

export function readScenario(name: Scenario): RecordedStep[] {
  const text = readFileSync(new URL(`../data/engine-recordings/${name}.json`, import.meta.url), 'utf8');
  const { bases, steps } = JSON.parse(text) as { bases: Record<string, object>; steps: RecordedStep[] };
  const whole = (document: unknown): unknown => (isChanged(document) ? applied(bases[document.like] as object, document) : document);
  for (const exchange of steps.flatMap(({ http }) => http)) {
    exchange.body = whole(exchange.body);
    exchange.json = whole(exchange.json);
  }
  return steps;
}

function isChanged(document: unknown): document is Changed {
  return typeof document === 'object' && document !== null && 'like' in document && 'changes' in document;
}

function applied(base: object, { changes }: Changed): object {
  const document = structuredClone(base) as Record<string, unknown>;
  for (const [path, ...value] of changes) {
    let at = document;
    for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
    const last = path.at(-1) as string;
    if (value.length === 0) delete at[last];
    else at[last] = value[0];
  }
  return document;
}
