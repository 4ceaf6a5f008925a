/** Every lesson over the engine in memory: its real API and command line, containers of the fake runtime. */
import { testEngine } from '#engine/testing/test-engine.ts';
import { runDocker } from '#cli/testing.ts';
import { describe, expect, test } from 'vitest';
import { allLessons } from './catalogue.ts';
import { lessonKey } from './format.ts';
import { commandWords } from './testing/command-words.ts';
import { scenesOf, type Stage } from './testing/play.ts';

async function openStage(): Promise<Stage> {
  const { engine, registry, clock } = await testEngine();
  await registry.add(['docker.io/library/busybox:latest'], [new Uint8Array(1024)]);
  const docker = async (words: string[]): Promise<string> => {
    if (words[0] !== 'docker') throw new Error(`the stage knows docker only, not ${words[0]}`);
    return (await runDocker(words.slice(1), { handler: engine.api, clock })).stdout;
  };
  return {
    api: engine.api,
    run: async (command) => void (await docker(await commandWords(command, docker))),
    close: () => engine.shutdown(),
  };
}

const lessons = await allLessons();

describe.each(lessons.map((lesson) => [lessonKey(lesson), lesson] as const))('%s', (_, lesson) => {
  for (const { title, play } of scenesOf(lesson, (message) => expect.fail(message))) test(title, () => play(openStage));

  test('covers what its blocks run', () => {
    const commands = lesson.steps.flatMap((step) => [
      ...step.solution,
      ...step.blocks.flatMap((block) => (block.kind === 'run' ? [block.command] : [])),
    ]);
    for (const covered of lesson.covers) expect(commands.join('\n')).toContain(covered);
  });
});
