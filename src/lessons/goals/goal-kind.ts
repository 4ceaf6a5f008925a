/** A kind of goal: a statement about Engine API state that is met, or not yet and why. */
import type { EngineView } from '../engine-view.ts';

export interface GoalKind<Parameters> {
  /** Checks what the lesson's author wrote. Throws an Error that says what is wrong. */
  parse(value: unknown): Parameters;
  /** What is asked, as a clause: "an image `busybox` is here". Backquotes mark code. */
  says(parameters: Parameters): string;
  check(parameters: Parameters, engine: EngineView): Promise<Verdict>;
}

export type Verdict =
  | { met: true }
  /** One clause, without a capital or a full stop: what differs from the goal. */
  | { met: false; because: string };

export const met: Verdict = { met: true };

export function notYet(because: string): Verdict {
  return { met: false, because };
}

/** The value as fields of which only the known may occur. */
export function readFields(goal: string, value: unknown, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${goal} takes fields: ${known.join(', ')}`);
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new Error(`${goal} has no field ${key}; there are: ${known.join(', ')}`);
  }
  return value as Record<string, unknown>;
}

export function readText(goal: string, field: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${goal}: ${field} is not a text`);
}
