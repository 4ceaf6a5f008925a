/**
 * The words that lessons have for goals. A goal in a lesson is one of them with its value, and
 * optionally `says` in place of the standard wording:
 *
 *     - container: { name: greeting, image: busybox, exitCode: 0 }
 *     - image: busybox
 *       says: Docker has fetched the image `busybox`
 *
 * To add a word: a file beside this one, and a line in `kinds`.
 */
import type { EngineView } from '../engine-view.ts';
import { container } from './container.ts';
import type { GoalKind, Verdict } from './goal-kind.ts';
import { image } from './image.ts';
import { noContainers } from './no-containers.ts';
import { removed } from './removed.ts';

const kinds = { container, image, noContainers, removed } as unknown as Record<string, GoalKind<unknown>>;

/** A goal as a lesson holds it; plain JSON. */
export interface Goal {
  kind: string;
  parameters: unknown;
  /** A clause with code in backquotes. */
  says: string;
}

/** Throws an Error that says what is wrong with the author's words. */
export function parseGoal(value: unknown): Goal {
  if (typeof value !== 'object' || value === null) throw new Error('a goal is a word of the vocabulary with its value');
  const { says, ...rest } = value as Record<string, unknown>;
  const [word, ...others] = Object.keys(rest);
  if (word === undefined || others.length > 0) throw new Error('a goal is one word of the vocabulary with its value');
  const kind = kinds[word];
  if (!kind) throw new Error(`unknown goal ${word}; there are: ${Object.keys(kinds).join(', ')}`);
  if (says !== undefined && typeof says !== 'string') throw new Error('says is not a text');
  const parameters = kind.parse(rest[word]);
  return { kind: word, parameters, says: says ?? kind.says(parameters) };
}

export async function checkGoal(goal: Goal, engine: EngineView): Promise<Verdict> {
  const kind = kinds[goal.kind];
  if (!kind) throw new Error(`unknown goal ${goal.kind}`);
  return kind.check(goal.parameters, engine);
}
