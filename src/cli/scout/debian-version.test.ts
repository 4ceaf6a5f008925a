/** Versions against Debian's rules, and, where dpkg is installed, against dpkg itself. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions } from './debian-version.ts';

const hasDpkg = (() => {
  try {
    execFileSync('dpkg', ['--version']);
    return true;
  } catch {
    return false;
  }
})();

/** What dpkg says of each pair, in one process. */
function dpkgOrders(pairs: [string, string][]): number[] {
  const script =
    'while read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo -1; elif dpkg --compare-versions "$a" gt "$b"; then echo 1; else echo 0; fi; done';
  const input = pairs.map((pair) => pair.join(' ')).join('\n') + '\n';
  return execFileSync('sh', ['-c', `${script} 2>/dev/null`], { input, encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number);
}

const upstreamSigns = [...'0129az.+~-'];
const versions = fc
  .tuple(
    fc.option(fc.constantFrom('0', '1', '10'), { nil: undefined }),
    fc.constantFrom('0', '1', '7', '10'),
    fc.string({ unit: fc.constantFrom(...upstreamSigns), maxLength: 8 }),
    fc.option(fc.string({ unit: fc.constantFrom(...'019ab.+~'), minLength: 1, maxLength: 6 }), { nil: undefined }),
  )
  .map(([epoch, first, rest, revision]) => {
    // A dash belongs to the upstream version only where a revision follows.
    const upstream = revision === undefined ? rest.replaceAll('-', '') : rest;
    return `${epoch === undefined ? '' : `${epoch}:`}${first}${upstream}${revision === undefined ? '' : `-${revision}`}`;
  });

describe('the order of Debian versions', () => {
  const older: [string, string][] = [
    ['1.0~rc1', '1.0'],
    ['1.0~~', '1.0~'],
    ['1.0~', '1.0'],
    ['1.0-1~deb12u1', '1.0-1'],
    ['1.0', '1.0-0+deb12u1'],
    ['2.36-9+deb12u9', '2.36-9+deb12u10'],
    ['1.22.1-9', '1.22.1-9+deb12u1'],
    ['9.9', '1:0.1'],
    ['1.2.3', '1.2.3a'],
    ['1.2a', '1.2+'],
    ['1.9', '1.10'],
    ['5:7.0.15-1~deb12u7', '5:7.0.15-1'],
    ['99999999999999999999998', '99999999999999999999999'],
  ];

  it.each(older)('%s is older than %s', (a, b) => {
    expect(compareVersions(a, b)).toBeLessThan(0);
    expect(compareVersions(b, a)).toBeGreaterThan(0);
  });

  it.each([
    ['1.0', '0:1.0'],
    ['1.0-0', '1.0'],
    ['1.02', '1.2'],
    ['1.0-1', '1.0-01'],
  ])('%s equals %s', (a, b) => {
    expect(compareVersions(a, b)).toBe(0);
  });

  it.runIf(hasDpkg)('is that of dpkg', () => {
    const pairs = [...older, ...fc.sample(fc.tuple(versions, versions), { numRuns: 150, seed: 7 })];
    expect(pairs.map(([a, b]) => Math.sign(compareVersions(a, b)))).toEqual(dpkgOrders(pairs));
  });

  it('is an order, whatever the texts are', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
      { seed: 3 },
    );
  });
});
