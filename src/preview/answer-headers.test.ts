import { describe, expect, it, test } from 'vitest';
import { framedPolicy, packing, previewHeaders } from './answer-headers.ts';
import { allows, preflightAllows, preflightFor } from './cross-origin.ts';

test('headers of a container pass, but for what would break the frame or is about the connection', () => {
  const headers: [string, string][] = [
    ['content-type', 'text/html'],
    ['x-frame-options', 'DENY'],
    ['set-cookie', 'a=1'],
    ['transfer-encoding', 'chunked'],
    ['content-security-policy', "default-src 'self'; frame-ancestors 'none'"],
    ['content-security-policy', "frame-ancestors 'none'"],
    ['location', 'http://localhost:8080/x'],
    ['x-powered-by', 'us'],
  ];
  expect(previewHeaders(headers, () => '/x')).toEqual([
    ['content-type', 'text/html'],
    ['content-security-policy', "default-src 'self'"],
    ['location', '/x'],
    ['x-powered-by', 'us'],
  ]);
});

test.each([
  ["default-src 'self'; frame-ancestors 'none'; img-src *", "default-src 'self'; img-src *"],
  ["FRAME-ANCESTORS 'none'", ''],
  ["sandbox allow-scripts; script-src 'self'", "script-src 'self'"],
  ["script-src 'self', frame-ancestors x, img-src *", "script-src 'self', img-src *"],
  ["frame-src 'none'", "frame-src 'none'"],
])('policy %j becomes %j', (policy, framed) => expect(framedPolicy(policy)).toBe(framed));

test('knows what the browser would have unpacked', () => {
  expect(packing([['content-encoding', 'GZIP']])).toBe('gzip');
  expect(packing([['content-encoding', 'br']])).toBeUndefined();
  expect(packing([])).toBeUndefined();
});

describe('between two ports', () => {
  const request = { method: 'GET', url: '', headers: [], referrer: '', mode: 'cors', destination: '', body: false };
  const origin = 'http://localhost:8080';

  it.each([
    [{}, undefined],
    [{ headers: [['content-type', 'text/plain; charset=utf-8']] }, undefined],
    [{ headers: [['Content-Type', 'application/json']] }, ['content-type']],
    [
      {
        headers: [
          ['x-b', ''],
          ['Authorization', ''],
        ],
      },
      ['authorization', 'x-b'],
    ],
    [{ method: 'DELETE' }, []],
    [{ method: 'DELETE', mode: 'no-cors' }, undefined],
  ])('%j needs leave for %j', (change, asked) => {
    expect(preflightFor({ ...request, ...(change as Partial<typeof request>) })).toEqual(asked);
  });

  it('an answer is read by those whom it allows', () => {
    expect(allows([['access-control-allow-origin', '*']], origin)).toBe(true);
    expect(allows([['access-control-allow-origin', origin]], origin)).toBe(true);
    expect(allows([['access-control-allow-origin', 'http://localhost:9999']], origin)).toBe(false);
    expect(allows([], origin)).toBe(false);
  });

  it('a preflight allows methods and headers by name', () => {
    const answer = (...headers: [string, string][]) => ({
      status: 204,
      reason: '',
      keepAlive: true,
      headers: [['access-control-allow-origin', '*'] as [string, string], ...headers],
    });
    expect(preflightAllows(answer(['access-control-allow-methods', 'PUT, DELETE']), origin, 'DELETE', [])).toBe(true);
    expect(preflightAllows(answer(['access-control-allow-methods', 'PUT']), origin, 'DELETE', [])).toBe(false);
    expect(preflightAllows(answer(['access-control-allow-headers', 'Content-Type']), origin, 'POST', ['content-type'])).toBe(true);
    expect(preflightAllows(answer(['access-control-allow-headers', '*']), origin, 'POST', ['authorization'])).toBe(false);
    expect(preflightAllows({ ...answer(), status: 404 }, origin, 'GET', [])).toBe(false);
  });
});
