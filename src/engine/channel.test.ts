import { describe, expect, it } from 'vitest';
import { Channel } from './channel.ts';

async function read<T>(channel: Channel<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of channel) values.push(value);
  return values;
}

describe('Channel', () => {
  it('hands on in order, also to a reader that waits', async () => {
    const channel = new Channel<number>();
    channel.push(1);
    const all = read(channel);
    channel.push(2);
    await Promise.resolve();
    channel.push(3);
    channel.end();
    expect(await all).toEqual([1, 2, 3]);
    expect(channel.push(4)).toBe(false);
  });

  it('refuses or waits when it is full', async () => {
    const channel = new Channel<number>({ capacity: 2 });
    expect([channel.push(1), channel.push(2), channel.push(3)]).toEqual([true, true, false]);
    let written = false;
    const writing = channel.write(4).then((ok) => ((written = true), ok));
    await Promise.resolve();
    expect(written).toBe(false);
    const iterator = channel[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe(1);
    expect(await writing).toBe(true);
    expect([(await iterator.next()).value, (await iterator.next()).value]).toEqual([2, 4]);
  });

  it('tells a waiting writer that the reader has left', async () => {
    let closed = 0;
    const channel = new Channel<number>({ capacity: 1, onClose: () => closed++ });
    channel.push(1);
    const writing = channel.write(2);
    await channel[Symbol.asyncIterator]().return?.();
    expect(await writing).toBe(false);
    expect(closed).toBe(1);
  });

  it('throws its failure after what was written before', async () => {
    const channel = new Channel<number>();
    channel.push(1);
    channel.end(new Error('broken'));
    const iterator = channel[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe(1);
    await expect(iterator.next()).rejects.toThrow('broken');
  });

  it('ends a read that waits when the reader leaves', async () => {
    const channel = new Channel<number>();
    const iterator = channel[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });
});
