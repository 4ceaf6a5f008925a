import { describe, expect, it } from 'vitest';
import { VirtualClock } from './clock.ts';
import { Events, type EngineEvent } from './events.ts';
import { Filters } from './filters.ts';

function some(): { clock: VirtualClock; events: Events } {
  const clock = new VirtualClock();
  return { clock, events: new Events(clock) };
}

const actions = (list: readonly EngineEvent[]): string[] => list.map(({ action }) => action);

async function collect(stream: AsyncIterable<EngineEvent>): Promise<string[]> {
  const found: EngineEvent[] = [];
  for await (const event of stream) found.push(event);
  return actions(found);
}

describe('Events', () => {
  it('keeps the last 256', () => {
    const { events } = some();
    for (let i = 0; i < 300; i++) events.log('container', `a${i}`, 'id');
    const past = events.past({ sinceMs: 0 });
    expect([past.length, past[0]!.action, past.at(-1)!.action]).toEqual([256, 'a44', 'a299']);
  });

  it('shows the past only when a time was given', async () => {
    const { clock, events } = some();
    events.log('container', 'old', 'id');
    await clock.advance(1000);
    const since = clock.now();
    events.log('container', 'new', 'id');
    await clock.advance(1000);
    expect(events.past({})).toEqual([]);
    expect(actions(events.past({ sinceMs: since }))).toEqual(['new']);
    expect(actions(events.past({ untilMs: since - 1 }))).toEqual(['old']);
    expect(await collect(events.stream({ sinceMs: 0, untilMs: clock.now() - 1 }))).toEqual(['old', 'new']);
  });

  it('streams until the time given', async () => {
    const { clock, events } = some();
    events.log('container', 'before', 'id');
    const found = collect(events.stream({ sinceMs: clock.now(), untilMs: clock.now() + 5000 }));
    await clock.advance(1000);
    events.log('container', 'during', 'id');
    await clock.advance(5000);
    events.log('container', 'after', 'id');
    expect(await found).toEqual(['before', 'during']);
    expect(events.listenerCount).toBe(0);
  });

  it('stops at once when the reader leaves, even while it waits', async () => {
    const { events } = some();
    const iterator = events.stream({})[Symbol.asyncIterator]();
    const waiting = iterator.next();
    expect(events.listenerCount).toBe(1);
    await iterator.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(events.listenerCount).toBe(0);
  });

  it('drops for a reader that falls behind, without growing', () => {
    const { events } = some();
    events.stream({});
    for (let i = 0; i < 5000; i++) events.log('container', 'x', 'id');
    expect(events.listenerCount).toBe(1);
  });

  const filtered: [filters: string, found: string[]][] = [
    ['{"type":["image"]}', ['pull']],
    ['{"event":["die"]}', ['die']],
    ['{"event":["exec_start"]}', ['exec_start: true ']],
    ['{"event":["exec_start: true "]}', ['exec_start: true ']],
    ['{"container":["web"]}', ['create', 'exec_start: true ', 'die']],
    ['{"container":["abc"]}', ['create', 'exec_start: true ', 'die']],
    ['{"container":["nosuch"]}', []],
    ['{"image":["busybox"]}', ['create', 'exec_start: true ', 'die', 'pull']],
    ['{"label":["tier=front"]}', ['create']],
    ['{"scope":["swarm"]}', []],
    ['{"type":["container"],"event":["die","create"]}', ['create', 'die']],
  ];
  it.each(filtered)('filter %s', (filters, found) => {
    const { events } = some();
    const attributes = { name: 'web', image: 'busybox:latest' };
    events.log('container', 'create', 'abcdef', { ...attributes, tier: 'front' });
    events.log('container', 'exec_start: true ', 'abcdef', attributes);
    events.log('container', 'die', 'abcdef', attributes);
    events.log('image', 'pull', 'busybox:latest', { name: 'busybox' });
    expect(actions(events.past({ sinceMs: 0, filters: Filters.parse(filters) }))).toEqual(found);
  });
});
