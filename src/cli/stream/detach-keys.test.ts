import { describe, expect, test } from 'vitest';
import { DetachKeyRecogniser, parseDetachKeys } from './detach-keys.ts';

describe('parseDetachKeys', () => {
  test.each([
    ['ctrl-p,ctrl-q', [16, 17]],
    ['ctrl-@', [0]],
    ['ctrl-_', [31]],
    ['ctrl-\\,a,DEL', [28, 97, 127]],
    ['a,b,c', [97, 98, 99]],
  ])('%s', (notation, codes) => {
    expect([...parseDetachKeys(notation)]).toEqual(codes);
  });

  test.each(['ctrl-A', 'shift-a', 'é', 'a,', 'ctrl-p, ctrl-q'])('refuses %s', (notation) => {
    const unknown = notation.split(',').find((key) => key.length !== 1 || key === 'é')!;
    const known = notation.startsWith('ctrl-p') ? ' ctrl-q' : unknown;
    expect(() => parseDetachKeys(notation)).toThrow(`Unknown character: '${known}'`);
  });
});

describe('DetachKeyRecogniser', () => {
  const feed = (...pieces: number[][]): { passed: number[]; detached: boolean } => {
    const keys = new DetachKeyRecogniser(Uint8Array.of(16, 17));
    const passed: number[] = [];
    for (const piece of pieces) {
      const { bytes, detached } = keys.feed(Uint8Array.from(piece));
      passed.push(...bytes);
      if (detached) return { passed, detached };
    }
    return { passed, detached: false };
  };

  test.each<[string, number[][], number[], boolean]>([
    ['ordinary keys pass', [[1, 2], [3]], [1, 2, 3], false],
    ['the sequence at once', [[16, 17]], [], true],
    ['the sequence key by key', [[16], [17]], [], true],
    ['what was typed before it passes, what follows does not', [[7, 16, 17, 8]], [7], true],
    ['a beginning is held back', [[5, 16]], [5], false],
    ['and passes once another key follows', [[16], [5]], [16, 5], false],
    ['also within one piece', [[1, 16, 5]], [1, 16, 5], false],
    ['a repeated first key does not count again, as in Docker', [[16], [16], [17]], [16, 16, 17], false],
  ])('%s', (_, pieces, passed, detached) => {
    expect(feed(...pieces)).toEqual({ passed, detached });
  });

  test('without keys everything passes', () => {
    expect(new DetachKeyRecogniser(new Uint8Array(0)).feed(Uint8Array.of(16, 17))).toEqual({
      bytes: Uint8Array.of(16, 17),
      detached: false,
    });
  });
});
