import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SeededRandom } from '../random.ts';
import { adjectives, surnames } from './name-words.ts';
import { Names } from './names.ts';

it('words are those of Docker', () => {
  expect([adjectives.length, surnames.length]).toEqual([108, 236]);
  expect(new Set([...adjectives, ...surnames]).size).toBe(344);
  expect(adjectives).toContain('boring');
  expect(surnames).toContain('wozniak');
});

it('generated names are never taken, and Steve Wozniak is not boring', () => {
  const names = new Names(new SeededRandom(7));
  const seen = new Set<string>();
  for (let i = 0; i < 3000; i++) {
    const name = names.generate(`id${i}`);
    expect(seen.has(name)).toBe(false);
    expect(name).toMatch(/^([a-z]+_[a-z]+[0-9]?|id\d+)$/);
    expect(name).not.toContain('boring_wozniak');
    seen.add(name);
  }
});

// Source: moby daemon/daemon_test.go.
it.each(['-rm', '&sdfsfd', 'safd%sd', 'a', ''])('%j is not a name', (name) => {
  expect(() => new Names(new SeededRandom(1)).reserve(name, 'id')).toThrow(`Invalid container name (${name})`);
});
it.each(['word-word', 'word_word', '1weoid', '/slash'])('%j is a name', (name) => {
  expect(new Names(new SeededRandom(1)).reserve(name, 'id')).toBe(name.replace('/', ''));
});

it('behaves as a map from names to ids', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('reserve', 'release'), fc.constantFrom('aa', 'bb', 'cc'))), (steps) => {
      const names = new Names(new SeededRandom(1));
      const model = new Map<string, string>();
      for (const [at, [step, name]] of steps.entries()) {
        if (step === 'release') {
          names.release(name);
          model.delete(name);
        } else if (model.has(name)) expect(() => names.reserve(name, String(at))).toThrow('is already in use');
        else model.set(names.reserve(name, String(at)), String(at));
        for (const known of ['aa', 'bb', 'cc']) expect(names.idOf(known)).toBe(model.get(known));
      }
    }),
    { seed: 1 },
  );
});
