import { expect, test } from 'vitest';
import { compareNaturally } from './natural-order.ts';

test('numbers compare as numbers', () => {
  const ports = ['443/udp -> b', '443/tcp -> b', '8080/tcp', '80/tcp -> [::]:1', '80/tcp -> 0.0.0.0:1'];
  expect(ports.sort(compareNaturally)).toEqual(['80/tcp -> 0.0.0.0:1', '80/tcp -> [::]:1', '443/tcp -> b', '443/udp -> b', '8080/tcp']);
});

test.each([
  ['a', 'b', -1],
  ['a', 'a', 0],
  ['a1', 'a01', -1],
  ['a2', 'a10', -1],
  ['a', 'a1', -1],
  ['1a', 'a', -1],
])('%s and %s', (a, b, order) => {
  expect(Math.sign(compareNaturally(a, b))).toBe(order);
  expect(Math.sign(compareNaturally(b, a))).toBe(-order || 0);
});
