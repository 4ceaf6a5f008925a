import { describe, expect, it } from 'vitest';
import { CookieJar, readSetCookie } from './cookie-jar.ts';

const now = Date.UTC(2026, 0, 1);

function jarWith(...cookies: string[]): CookieJar {
  const jar = new CookieJar();
  for (const text of cookies) {
    const cookie = readSetCookie(text, '/shop/cart', now);
    if (cookie) jar.put(cookie, now);
  }
  return jar;
}

describe('a cookie jar', () => {
  it.each([
    ['session=1', '/shop/list', 'session=1'],
    ['session=1', '/shop', 'session=1'],
    ['session=1', '/shopping', ''],
    ['session=1', '/', ''],
    ['session=1; Path=/', '/anything', 'session=1'],
    ['session=1; path=/shop/', '/shop/cart', 'session=1'],
    ['session="a b"; HttpOnly; Secure; SameSite=Strict; Path=/', '/', 'session="a b"'],
    ['a=b=c; Path=/', '/', 'a=b=c'],
    ['session=1; Max-Age=10; Path=/', '/', 'session=1'],
    ['session=1; Max-Age=0; Path=/', '/', ''],
    ['session=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/', '/', 'session=1'],
    ['session=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/', '/', ''],
    ['session=1; Domain=localhost; Path=/', '/', 'session=1'],
    ['session=1; Domain=example.org; Path=/', '/', ''],
    [`big=${'x'.repeat(5000)}; Path=/`, '/', ''],
    ['; Path=/', '/', ''],
  ])('%j asked for %s gives %j', (cookie, path, header) => expect(jarWith(cookie).header(path, now)).toBe(header));

  it('replaces by name and path, and puts longer paths first', () => {
    const jar = jarWith('a=1; Path=/', 'b=2; Path=/', 'a=3; Path=/', 'a=4; Path=/shop');
    expect(jar.header('/shop/x', now)).toBe('a=4; b=2; a=3');
  });

  it('forgets what has expired', () => {
    const jar = jarWith('a=1; Path=/; Max-Age=60', 'b=2; Path=/');
    expect(jar.header('/', now + 59_000)).toBe('a=1; b=2');
    expect(jar.header('/', now + 61_000)).toBe('b=2');
  });

  it('tells what is for HTTP only', () => {
    expect(readSetCookie('a=1; HTTPONLY', '/', now)).toEqual({ name: 'a', value: '1', path: '/', expiresMs: Infinity, httpOnly: true });
  });

  it('keeps no more than a browser would', () => {
    const jar = jarWith(...Array.from({ length: 1000 }, (_, index) => `c${index}=1; Path=/`));
    expect(jar.header('/', now).split('; ')).toHaveLength(180);
    expect(jar.header('/', now)).toContain('c999=1');
  });
});
