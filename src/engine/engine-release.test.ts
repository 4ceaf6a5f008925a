import { describe, expect, it } from 'vitest';
import { checkRelease, MAX_RELEASE_BYTES, newestRelease, parseRelease } from './engine-release.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const old = { version: '24.0.9', apiVersion: '1.43', minApiVersion: '1.12' };

describe('parseRelease', () => {
  it('reads what a package says, and leaves out nothing', () => {
    expect(parseRelease(bytes(JSON.stringify({ ...old, gitCommit: 'abc', buildTime: '2026-01-02T03:04:05Z', more: 1 })))).toEqual({
      ...old,
      gitCommit: 'abc',
      buildTime: '2026-01-02T03:04:05Z',
      behaviours: [],
    });
    expect(parseRelease(bytes(JSON.stringify(newestRelease)))).toEqual(newestRelease);
    expect(checkRelease({ ...old, behaviours: ['gateway-priority', 'dns-names'] }).behaviours).toEqual(['dns-names', 'gateway-priority']);
  });

  it.each([
    ['', 'JSON'],
    ['{', 'JSON'],
    ['null', 'it is no object'],
    ['[]', 'it is no object'],
    ['{}', 'version is not valid'],
    [JSON.stringify({ ...old, version: '24' }), 'version is not valid'],
    [JSON.stringify({ ...old, version: 24 }), 'version is not valid'],
    [JSON.stringify({ ...old, apiVersion: 'latest' }), 'apiVersion is not valid'],
    [JSON.stringify({ ...old, apiVersion: '1.99' }), 'apiVersion 1.99 is not known'],
    [JSON.stringify({ ...old, minApiVersion: '1.44' }), 'minApiVersion is above apiVersion'],
    [JSON.stringify({ ...old, gitCommit: 'a b' }), 'gitCommit is not valid'],
    [JSON.stringify({ ...old, buildTime: 'x\n' }), 'buildTime is not valid'],
    [JSON.stringify({ ...old, behaviours: 'all' }), 'behaviours is no list'],
    [JSON.stringify({ ...old, behaviours: ['flies'] }), 'behaviour "flies" is not known'],
    [' '.repeat(MAX_RELEASE_BYTES + 1), 'it is too large'],
  ])('refuses %j', (text, why) => {
    expect(() => parseRelease(bytes(text))).toThrow("the engine's release cannot be read: ");
    expect(() => parseRelease(bytes(text))).toThrow(why);
  });

  it('refuses bytes that are no text', () => {
    expect(() => parseRelease(Uint8Array.of(0xff, 0xfe))).toThrow("the engine's release cannot be read: ");
  });
});
