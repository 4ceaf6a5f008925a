import { expect, test } from 'vitest';
import { ApiClient } from '#engine/api/client.ts';
import { concatBytes } from '#engine/bytes.ts';
import { packTar } from '#engine/oci/tar-writer.ts';
import { testEngine } from '#engine/testing/test-engine.ts';
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

test.each([
  ['FROM busybox\n\nHEAL x', [{ severity: 'error', message: 'unknown instruction: HEAL (did you mean SHELL?)', startLine: 3, endLine: 3 }]],
  ['FROM busybox\nCMD echo\n', [expect.objectContaining({ severity: 'warning', rule: 'JSONArgsRecommended', startLine: 2, endLine: 2 })]],
  ['FROM busybox\nCMD ["echo"]\n', []],
])('what is wrong with %j is found where it is', async (text, findings) => {
  const { engine } = await testEngine();
  expect(await new EngineView(engine.api).checkDockerfile(text)).toEqual(findings);
});

test('what a build did with each line is known afterwards, by the text', async () => {
  const { engine, registry } = await testEngine();
  await registry.add(['docker.io/library/busybox:latest'], [new Uint8Array(1024)]);
  const view = new EngineView(engine.api);
  const client = new ApiClient(engine.api);
  const text = 'FROM busybox\nWORKDIR /app\nCOPY . \\\n  /app\nRUN false\nCMD ["true"]\n';
  const build = async (): Promise<void> => {
    const content = new TextEncoder().encode(text);
    const body = concatBytes(packTar([{ path: 'Dockerfile', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, content }]));
    for await (const _ of await client.messages('/build', { method: 'POST', query: { version: 2 }, body }));
  };
  const outcomes = async () => (await view.buildOutcomes(text)).map(({ start, end, outcome }) => `${start}-${end} ${outcome}`);
  expect(await outcomes()).toEqual([]);
  await build();
  expect(await outcomes()).toEqual(['2-2 built', '3-4 built', '5-5 failed']);
  await build();
  expect(await outcomes()).toEqual(['2-2 cached', '3-4 cached', '5-5 failed']);
  expect(await view.buildOutcomes(`${text}#`)).toEqual([]);
});
