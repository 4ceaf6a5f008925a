/** Every lesson on the real machine, each scene from its saved state. */
import { beforeAll, describe, expect, test } from 'vitest';
import { nodePlatform } from '../src/emulator/host.ts';
import { startMachine } from '../src/emulator/start.ts';
import { ensureState } from '../src/emulator/state/build.ts';
import { allLessons } from '../src/lessons/catalogue.ts';
import { lessonKey } from '../src/lessons/format.ts';
import { scenesOf, type Stage } from '../src/lessons/testing/play.ts';

const platform = nodePlatform();

async function openStage(): Promise<Stage> {
  const machine = await startMachine({
    platform,
    onFailure: (error) => {
      throw error;
    },
  });
  return {
    api: machine.api('node1'),
    async run(command) {
      const { channels, exit } = await machine.shell('node1', command);
      channels.stdin?.end();
      await Promise.all([drain(channels.stdout), drain(channels.stderr), exit]);
    },
    close: () => machine.stop(),
  };
}

async function drain(channel: { read(): AsyncIterable<Uint8Array> } | undefined): Promise<void> {
  for await (const _ of channel?.read() ?? []);
}

beforeAll(() => ensureState());

const lessons = await allLessons();

describe.each(lessons.map((lesson) => [lessonKey(lesson), lesson] as const))('%s', (_, lesson) => {
  for (const { title, play } of scenesOf(lesson, (message) => expect.fail(message))) test(title, () => play(openStage));
});
