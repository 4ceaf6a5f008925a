/** What comes from the preview's origin may come from a page of a container. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswerHead, readAppMessage, readRequest, readShellMessage } from './messages.ts';

const request = {
  method: 'GET',
  url: 'http://h:1/path',
  headers: [['accept', '*/*']],
  referrer: '',
  mode: 'navigate',
  destination: 'iframe',
  body: false,
};

describe('messages of a preview', () => {
  it('passes a request on without what is not asked for', () => {
    expect(readShellMessage({ kind: 'request', request: { ...request, node: 'node1', call: 'stop' }, extra: 1 })).toEqual({
      kind: 'request',
      request,
    });
  });

  it.each([
    { method: 'GET /x HTTP/1.1\r\nX: y' },
    { method: 'CONNECT' },
    { method: '' },
    { url: '/relative' },
    { url: `http://h/${'x'.repeat(70_000)}` },
    { headers: [['a b', 'c']] },
    { headers: [['a', 'b\r\nc: d']] },
    { headers: [['a', 'b', 'c']] },
    { headers: Array.from({ length: 201 }, () => ['a', 'b']) },
    { headers: { a: 'b' } },
    { body: 'yes' },
    { mode: undefined },
  ])('refuses a request with %j', (change) => expect(readRequest({ ...request, ...change })).toBeUndefined());

  it.each([
    [{ kind: 'at', path: 'http://evil/', title: '' }],
    [{ kind: 'open', url: 'no url' }],
    [{ kind: 'api', path: '/containers/json' }],
    [{ kind: 'constructor' }],
    ['request'],
    [null],
    [[]],
  ])('refuses %j', (message) => expect(readShellMessage(message)).toBeUndefined());

  it('refuses heads that no answer can have', () => {
    const head = { kind: 'head', status: 200, reason: 'OK', headers: [], body: true };
    expect(readAnswerHead(head)).toEqual(head);
    for (const status of [0, 101, 199, 600, 200.5, '200']) expect(readAnswerHead({ ...head, status })).toBeUndefined();
  });

  it('throws at nothing, and lets nothing through that is not of the shape', () => {
    const shaped = fc.record(
      {
        kind: fc.constantFrom('request', 'at', 'open', 'unable', 'go', 'leave', 'head', 'data'),
        request: fc.oneof(fc.anything(), fc.record({ ...Object.fromEntries(Object.keys(request).map((key) => [key, fc.anything()])) })),
        path: fc.anything(),
        title: fc.anything(),
        url: fc.anything(),
        status: fc.anything(),
        headers: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), shaped), (data) => {
        const shell = readShellMessage(data);
        if (shell?.kind === 'request') expect(typeof shell.request.method === 'string' && URL.canParse(shell.request.url)).toBe(true);
        const app = readAppMessage(data);
        if (app?.kind === 'go') expect(app.path).toMatch(/^\//);
        readAnswerHead(data);
      }),
      { numRuns: 2000 },
    );
  });
});
