import { expect, test } from 'vitest';
import { EngineView } from './engine-view.ts';
import { FakeEngine } from './testing/fake-engine.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve));

test('events come once, also when the stream ends and is followed again', async () => {
  const engine = new FakeEngine();
  const view = new EngineView(engine.api);
  let told = 0;
  view.onEvent(() => told++);
  engine.event('container', 'create', { name: 'a' });
  engine.event('container', 'create', { name: 'a' });
  let following = view.follow();
  await settle();
  engine.endStream();
  await following;

  engine.event('container', 'destroy', { name: 'a' });
  following = view.follow();
  await settle();
  expect(view.events.map((event) => event.Action)).toEqual(['create', 'create', 'destroy']);
  expect(told).toBe(3);
  view.close();
  await following;
});

test('what is not there is undefined, what fails is thrown', async () => {
  const engine = new FakeEngine();
  const view = new EngineView(engine.api);
  expect(await view.get('/containers/none/json')).toBeUndefined();
  engine.stop();
  await expect(view.get('/containers/json')).rejects.toThrow('stopped');
});
