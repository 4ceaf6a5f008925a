/**
 * A lesson as the player and the page see it. `parse.ts` makes it from `lesson.md`; it is plain JSON, so
 * that the build can parse once and the page loads the result.
 */
import type { Goal } from './goals/vocabulary.ts';

export interface Lesson {
  /** Folder names: `first-containers`, `your-first-container`. */
  chapter: string;
  id: string;
  title: string;
  /** One sentence for lists. */
  summary: string;
  /** Commands that the lesson teaches, as a person types them. */
  covers: string[];
  steps: Step[];
}

/** What lists and links need to know of a lesson. */
export interface LessonEntry {
  chapter: string;
  id: string;
  title: string;
  summary: string;
  stepTitles: string[];
}

export interface Step {
  title: string;
  blocks: Block[];
  /** Empty in a step that is only read. */
  goals: Goal[];
  /** HTML, from the gentlest to the plainest. */
  hints: string[];
  /** Command lines for the guest's shell that reach the goals. */
  solution: string[];
  wrong: WrongAnswer[];
}

/** A likely mistake; the lesson tests check that it does not reach the goals. */
export interface WrongAnswer {
  /** Command lines, typed instead of the solution. */
  run: string[];
  /** Text that must appear in the explanation of a goal that is not met. */
  says: string;
}

export type Block =
  | { kind: 'prose'; html: string }
  /** A command to run with one click, with the prompt it belongs to. */
  | { kind: 'run'; node: string; cwd: string; command: string }
  /** What a terminal shows, for comparison. */
  | { kind: 'output'; text: string }
  | { kind: 'listing'; language: string; text: string };

export function lessonKey(lesson: { chapter: string; id: string }): string {
  return `${lesson.chapter}/${lesson.id}`;
}

export function entryOf(lesson: Lesson): LessonEntry {
  const { chapter, id, title, summary, steps } = lesson;
  return { chapter, id, title, summary, stepTitles: steps.map((step) => step.title) };
}
