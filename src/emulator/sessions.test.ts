import { describe, expect, it } from 'vitest';
import { MemorySessions, surplus } from './sessions.ts';

const session = (id: string, savedAtMs: number, sizeBytes: number) => ({ id, label: id, savedAtMs, sizeBytes });

describe('sessions', () => {
  it('drop the oldest beyond the limit, never the newest', () => {
    const all = [session('old', 1, 50), session('newer', 2, 50), session('newest', 3, 50)];
    expect(surplus(all, 150)).toEqual([]);
    expect(surplus(all, 120)).toEqual(['old']);
    expect(surplus(all, 10)).toEqual(['newer', 'old']);
  });

  it('are listed newest first and read back', async () => {
    const store = new MemorySessions();
    await store.add(session('a', 1, 1), Uint8Array.of(1));
    await store.add(session('b', 2, 1), Uint8Array.of(2));
    expect((await store.list()).map(({ id }) => id)).toEqual(['b', 'a']);
    expect(await store.read('a')).toEqual(Uint8Array.of(1));
    expect(await store.read('none')).toBeUndefined();
  });
});
