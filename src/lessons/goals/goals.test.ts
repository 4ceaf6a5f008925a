import { describe, expect, test } from 'vitest';
import { EngineView } from '../engine-view.ts';
import { type FakeContainer, FakeEngine } from '../testing/fake-engine.ts';
import { checkGoal, parseGoal } from './vocabulary.ts';

const hello: FakeContainer = { name: 'keen_hopper', image: 'busybox', state: 'exited', exitCode: 0, logs: 'hello world\n' };

async function verdict(goal: unknown, containers: FakeContainer[], images: string[] = []): Promise<string> {
  const engine = new FakeEngine();
  Object.assign(engine, { containers, images });
  const found = await checkGoal(parseGoal(goal), new EngineView(engine.api));
  return found.met ? 'met' : found.because;
}

describe('container', () => {
  const wanted = { container: { name: 'web', image: 'busybox', exitCode: 0, logs: 'hello' } };
  test.each<[string, FakeContainer[]]>([
    ['there is no container named `web`', []],
    ['the only container is named `keen_hopper`, not `web`', [hello]],
    ['none of the 2 containers is named `web`', [hello, { ...hello, name: 'other' }]],
    ['`web` was made from `alpine`, not from `busybox`', [{ ...hello, name: 'web', image: 'alpine' }, hello]],
    ['`web` is running', [{ ...hello, name: 'web', state: 'running' }]],
    ['`web` was created, but never started', [{ ...hello, name: 'web', state: 'created', exitCode: 127 }]],
    ['`web` ended with exit code 3, not 0', [{ ...hello, name: 'web', exitCode: 3 }]],
    ['`web` has printed nothing', [{ ...hello, name: 'web', logs: '' }]],
    ['`web` printed `good bye`, not `hello`', [{ ...hello, name: 'web', logs: 'first\ngood bye\n' }]],
    ['met', [hello, { ...hello, name: 'web' }]],
  ])('%s', async (expected, containers) => {
    expect(await verdict(wanted, containers)).toBe(expected);
  });

  test('any container will do when no name is asked for, and the nearest is explained', async () => {
    const goal = { container: { image: 'busybox', exitCode: 0, logs: 'hello world' } };
    expect(await verdict(goal, [{ ...hello, name: 'second', logs: 'hello\n' }, hello])).toBe('met');
    expect(
      await verdict(goal, [
        { ...hello, exitCode: 1 },
        { ...hello, name: 'x', image: 'alpine' },
      ]),
    ).toBe('`keen_hopper` ended with exit code 1, not 0');
  });

  test('is worded from its fields', () => {
    const says = (container: unknown) => parseGoal({ container }).says;
    expect(says({ name: 'web' })).toBe('a container named `web` exists');
    expect(says({ image: 'busybox', state: 'running' })).toBe('a container from `busybox` is running');
    expect(says({ name: 'web', exitCode: 0, logs: 'hi' })).toBe('a container named `web` has ended with exit code 0 and its logs say `hi`');
    expect(says({ logs: 'hi' })).toBe('a container has logs that say `hi`');
  });
});

test('image: any tag, unless one is named', async () => {
  expect(await verdict({ image: 'busybox' }, [])).toBe('there is no image `busybox` here');
  expect(await verdict({ image: 'busybox' }, [], ['busybox:1.36'])).toBe('met');
  expect(await verdict({ image: 'docker.io/library/busybox:latest' }, [], ['busybox:latest'])).toBe('met');
  expect(await verdict({ image: 'busybox:1.35' }, [], ['busybox:1.36'])).toBe('there is `busybox:1.36`, but not `busybox:1.35`');
});

test('removed and noContainers ask for something that was there before', async () => {
  const engine = new FakeEngine();
  const view = new EngineView(engine.api);
  const following = view.follow();
  const ask = async (goal: unknown) => {
    await new Promise((resolve) => setTimeout(resolve));
    const found = await checkGoal(parseGoal(goal), view);
    return found.met ? 'met' : found.because;
  };
  expect(await ask({ removed: 'keen_hopper' })).toBe('there has been no container named `keen_hopper`');
  expect(await ask({ noContainers: { image: 'busybox' } })).toBe('there has been no container from `busybox`');

  engine.containers = [hello];
  engine.event('container', 'create', { name: 'keen_hopper', image: 'busybox' });
  expect(await ask({ removed: 'keen_hopper' })).toBe('`keen_hopper` is still here: stopped, not removed');
  expect(await ask({ noContainers: { image: 'busybox' } })).toBe('`keen_hopper` is still here');

  engine.containers = [];
  engine.event('container', 'destroy', { name: 'keen_hopper', image: 'busybox' });
  expect(await ask({ removed: 'keen_hopper' })).toBe('met');
  expect(await ask({ noContainers: { image: 'busybox' } })).toBe('met');
  view.close();
  await following;
});
