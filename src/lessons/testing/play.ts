/**
 * The tests that every lesson passes, on whatever can run its commands: no step is done on a fresh machine;
 * at a step's start none of its goals is met; after its solution all are; after each of its wrong answers
 * one is not, and its explanation has the words that the lesson promises.
 */
import { EngineView } from '../engine-view.ts';
import type { Lesson } from '../format.ts';
import { checkGoal } from '../goals/vocabulary.ts';
import type { ApiHandler } from '#engine/api/http.ts';

/** A fresh machine with its shell. */
export interface Stage {
  api: ApiHandler;
  /** Types a command line and waits until it is done; a failing command is not an error. */
  run(command: string): Promise<void>;
  close(): Promise<void>;
}

/** One scene of a lesson: what is done on a fresh stage, and what has to hold then. */
export interface Scene {
  title: string;
  play(open: () => Promise<Stage>): Promise<void>;
}

/** @param fail ends the test with a message */
export function scenesOf(lesson: Lesson, fail: (message: string) => never): Scene[] {
  const scenes: Scene[] = [];
  scenes.push({
    title: 'no step is done on a fresh machine, none of a step’s goals is met at its start, and all are after its solution',
    play: (open) =>
      on(open, async (stage, view) => {
        for (const [index, { goals }] of lesson.steps.entries()) {
          if (goals.length > 0 && (await unmet(lesson, index, view)).length === 0) fail(`step ${index + 1} is done on a fresh machine`);
        }
        for (const [index, { goals, solution }] of lesson.steps.entries()) {
          const before = await unmet(lesson, index, view);
          if (before.length < goals.length) fail(`step ${index + 1} starts with a goal that is met; not met are: ${before.join('; ')}`);
          for (const command of solution) await stage.run(command);
          const after = await unmet(lesson, index, view);
          if (after.length > 0) fail(`step ${index + 1} is not done after its solution: ${after.join('; ')}`);
        }
      }),
  });
  for (const [index, { wrong }] of lesson.steps.entries()) {
    for (const { run, says } of wrong) {
      scenes.push({
        title: `step ${index + 1} is not done by: ${run.join('; ')}`,
        play: (open) =>
          on(open, async (stage, view) => {
            for (const { solution } of lesson.steps.slice(0, index)) for (const command of solution) await stage.run(command);
            for (const command of run) await stage.run(command);
            const after = await unmet(lesson, index, view);
            if (after.length === 0) fail('the step is done');
            if (!after.some((because) => because.includes(says)))
              fail(`the explanation is ${JSON.stringify(after)}, without ${JSON.stringify(says)}`);
          }),
      });
    }
  }
  return scenes;
}

async function on(open: () => Promise<Stage>, play: (stage: Stage, view: EngineView) => Promise<void>): Promise<void> {
  const stage = await open();
  const view = new EngineView(stage.api);
  const following = view.follow();
  try {
    await play(stage, view);
  } finally {
    view.close();
    await following;
    await stage.close();
  }
}

/** Why goals of a step are not met; asked again until the events of the last command have come in. */
async function unmet(lesson: Lesson, index: number, view: EngineView): Promise<string[]> {
  let because: string[] = [];
  let seen = -1;
  while (seen !== view.events.length) {
    seen = view.events.length;
    const verdicts = await Promise.all((lesson.steps[index]?.goals ?? []).map((goal) => checkGoal(goal, view)));
    because = verdicts.flatMap((verdict) => (verdict.met ? [] : [verdict.because]));
    await view.get('/info');
  }
  return because;
}
