import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LogWindow, WINDOW_ROWS } from './log-window.ts';

/** @param columns of the window itself */
function shown(columns: number, ...texts: string[]): string[] {
  const window = new LogWindow(columns + 10);
  for (const text of texts) window.write(text);
  return window.lines().map((line) => line.trimEnd());
}

describe('the last lines of a step', () => {
  test.each<[string, string[], string[]]>([
    ['lines', ['a\nb\n'], ['a', 'b']],
    ['no more than there are rows', ['1\n2\n3\n4\n5\n6\n7\n8'], ['3', '4', '5', '6', '7', '8']],
    ['a long line goes on', ['abcdefghijkl'], ['abcdefgh', 'ijkl']],
    ['a bar that writes over itself', ['10%\r20%\r100%'], ['100%']],
    ['a line that is erased', ['abc\r\x1b[Kx'], ['x']],
    ['colours are dropped, also cut in two', ['\x1b[3', '2mok\x1b[0m'], ['ok']],
    ['up and over', ['one\ntwo\x1b[1A\rONE'], ['ONE', 'two']],
    ['back', ['ab\bc'], ['ac']],
  ])('%s', (_, texts, lines) => {
    expect(shown(8, ...texts)).toEqual(lines);
  });

  test('whatever is printed, it stays in its bounds', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\x1b[', '\x1b', '999999A', '\x1b[99;99H', '\x1b[2J', '\x1b[1K', '\n', '\r', '\b\b\b', '\x1b7', '\x1b8', '宽'),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 60 }),
        fc.integer({ min: 0, max: 120 }),
        fc.integer({ min: 0, max: 120 }),
        (pieces, before, after) => {
          const window = new LogWindow(before);
          for (const [index, text] of pieces.entries()) {
            if (index === 20) window.resize(after);
            window.write(text);
          }
          const lines = window.lines();
          expect(lines.length).toBeLessThanOrEqual(WINDOW_ROWS);
          const columns = Math.max(6, (pieces.length > 20 ? after : before) - 10);
          for (const line of lines) expect([...line].length).toBe(columns);
        },
      ),
      { numRuns: 300 },
    );
  });
});
