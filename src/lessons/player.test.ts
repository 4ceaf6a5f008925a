import { expect, test } from 'vitest';
import { EngineView } from './engine-view.ts';
import { parseLesson } from './parse.ts';
import { Player } from './player.ts';
import { Progress, type ProgressStorage } from './progress.ts';
import { FakeEngine } from './testing/fake-engine.ts';

const lesson = parseLesson(
  `---
title: A lesson
chapter: c
summary: About it.
covers: []
---
## Fetch
\`\`\`goals
- image: busybox
\`\`\`
\`\`\`solution
docker pull busybox
\`\`\`
## Read
Only text.
## Run
\`\`\`goals
- container: { state: running }
\`\`\`
\`\`\`solution
docker run -d busybox
\`\`\`
`,
  'content/c/l/lesson.md',
);

class MemoryStorage implements ProgressStorage {
  readonly items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
}

/** Lets the event stream deliver, then waits for the goals. */
async function settle(player: Player): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  await player.settled();
}

test('goals are looked at after each event, and a step once done stays done', async () => {
  const engine = new FakeEngine();
  const view = new EngineView(engine.api);
  const following = view.follow();
  const player = new Player(lesson, new Progress(new MemoryStorage()));
  expect(player.state.verdicts).toEqual([undefined]);

  player.watch(view);
  await settle(player);
  expect(player.state.verdicts).toEqual([{ met: false, because: 'there is no image `busybox` here' }]);

  engine.images = ['busybox:latest'];
  engine.event('image', 'pull');
  await settle(player);
  expect(player.state).toEqual({ stepIndex: 0, done: [true, false, false], verdicts: [{ met: true }] });

  engine.images = [];
  engine.event('image', 'delete');
  await settle(player);
  expect(player.state.done).toEqual([true, false, false]);
  view.close();
  await following;
});

test('a step without goals is done when the reader goes on, not when going back', () => {
  const player = new Player(lesson, new Progress(new MemoryStorage()));
  player.open(1);
  player.open(0);
  expect(player.state.done).toEqual([false, false, false]);
  player.open(1);
  player.open(2);
  expect(player.state.done).toEqual([false, true, false]);
});

test('progress survives a reload, and nonsense in the storage does not hurt', () => {
  const storage = new MemoryStorage();
  const before = new Player(lesson, new Progress(storage));
  before.open(1);
  before.open(2);
  expect(new Player(lesson, new Progress(storage)).state).toMatchObject({ stepIndex: 2, done: [false, true, false] });

  for (const bad of ['nonsense', 'null', '[]', '{"c/l":{"stepIndex":99,"done":"x"}}']) {
    for (const key of storage.items.keys()) storage.items.set(key, bad);
    const { stepIndex, done } = new Player(lesson, new Progress(storage)).state;
    expect(stepIndex).toBeLessThan(3);
    expect(done).toEqual([false, false, false]);
  }
});

test('reopen takes back what was done from there on', async () => {
  const engine = new FakeEngine();
  engine.images = ['busybox:latest'];
  const player = new Player(lesson, new Progress(new MemoryStorage()));
  player.watch(new EngineView(engine.api));
  await settle(player);
  player.open(1);
  player.open(2);
  expect(player.state.done).toEqual([true, true, false]);
  engine.images = [];
  player.reopen(0);
  await settle(player);
  expect(player.state).toEqual({
    stepIndex: 0,
    done: [false, false, false],
    verdicts: [{ met: false, because: 'there is no image `busybox` here' }],
  });
});

test('a stopped engine leaves the goals as they were', async () => {
  const engine = new FakeEngine();
  const player = new Player(lesson, new Progress(new MemoryStorage()));
  player.watch(new EngineView(engine.api));
  await settle(player);
  engine.stop();
  player.check();
  await settle(player);
  expect(player.state.verdicts).toEqual([{ met: false, because: 'there is no image `busybox` here' }]);
});
