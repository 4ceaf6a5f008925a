/** The configuration's `pruneFilters`, as `docker container prune` sends them. */
import { expect, test } from 'vitest';
import { ScriptedDaemon } from '../container/scripted-daemon.ts';
import { runDocker } from '../testing.ts';

async function sent(configured: string[], args: string[]): Promise<unknown> {
  const daemon = new ScriptedDaemon({ 'POST /containers/prune': { json: { ContainersDeleted: null, SpaceReclaimed: 0 } } });
  const files = { '/root/.docker/config.json': JSON.stringify({ pruneFilters: configured }) };
  await runDocker(['container', 'prune', '-f', ...args], { handler: daemon.handler, files });
  const filters = /filters=(.*)$/.exec(daemon.asked[0] ?? '')?.[1];
  return filters === undefined ? undefined : JSON.parse(filters);
}

test.each<[string[], string[], object | undefined]>([
  [[], [], undefined],
  [['until=5h', 'nothing'], [], { until: { '5h': true } }],
  [['until=5h'], ['--filter', 'label=a'], { until: { '5h': true }, label: { a: true } }],
  [['label=a'], ['--filter', 'label!=b'], { label: { a: true }, 'label!': { b: true } }],
  [['label=a'], ['--filter', 'label!=a'], { 'label!': { a: true } }],
  [['label=a'], [], undefined],
])('%j and %j', async (configured, args, filters) => {
  expect(await sent(configured, args)).toEqual(filters);
});
