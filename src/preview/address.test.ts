import { describe, expect, it } from 'vitest';
import { PreviewOrigins, readOrigins } from './address.ts';

const first = { node: 'node1', port: 8080 };
const second = { node: 'node1', port: 8081 };

async function origins(taken: string[] = [], inUse = true): Promise<PreviewOrigins> {
  const all = ['http://h:1', 'http://h:2', 'http://h:3'];
  return new PreviewOrigins(all, { claim: (origin) => Promise.resolve(!taken.includes(origin)), inUse: () => inUse });
}

describe('origins of previews', () => {
  it('gives each port one of its own, and the same again', async () => {
    const given = await origins();
    expect(await Promise.all([given.give(first), given.give(second), given.give(first)])).toEqual([
      'http://h:1',
      'http://h:2',
      'http://h:1',
    ]);
    expect(given.portOf('http://h:2')).toEqual(second);
    expect(given.portOf('http://h:3')).toBeUndefined();
  });

  it('leaves alone what another tab has', async () => {
    const given = await origins(['http://h:1', 'http://h:3']);
    expect(await given.give(first)).toBe('http://h:2');
    expect(await given.give(second)).toBeUndefined();
  });

  it('gives what is shown no longer to another', async () => {
    const given = await origins(['http://h:2', 'http://h:3'], false);
    expect(await given.give(first)).toBe('http://h:1');
    expect(await given.give(second)).toBe('http://h:1');
    expect(given.portOf('http://h:1')).toEqual(second);
    expect(given.originOf(first)).toBeUndefined();
  });

  it.each([
    ['http://h:1/a', first],
    ['http://h:2/a', second],
    ['http://h:3/a', undefined],
    ['http://localhost:8080/', first],
    ['http://127.0.0.1:8081/', second],
    ['http://0.0.0.0:8081/', second],
    ['http://[::1]:8081/', second],
    ['http://node1/', { node: 'node1', port: 80 }],
    ['https://localhost:8080/', undefined],
    ['http://example.org:8080/', undefined],
  ])('%s means %j', async (url, port) => {
    const given = await origins();
    await given.give(first);
    await given.give(second);
    expect(given.meant(new URL(url), first)).toEqual(port);
  });

  it.each([
    ['/next?a=1#b', '/next?a=1#b'],
    ['next', '/dir/next'],
    ['http://localhost:8080/next', '/next'],
    ['//localhost:8080/next', '/next'],
    ['http://localhost:8081/next', 'http://localhost:8081/next'],
    ['https://example.org/', 'https://example.org/'],
    ['http://[broken', 'http://[broken'],
  ])('a redirect to %j goes to %j', async (location, shown) => {
    const given = await origins();
    await given.give(first);
    expect(given.shown(location, new URL('http://localhost:8080/dir/page'), first)).toBe(shown);
  });

  it('are named whole or as ports of the page’s host', () => {
    const page = { protocol: 'http:', hostname: '127.0.0.1' };
    expect(readOrigins(' :8601 https://p.example.org/ ', page)).toEqual(['http://127.0.0.1:8601', 'https://p.example.org']);
    expect(readOrigins('', page)).toEqual([]);
  });
});
