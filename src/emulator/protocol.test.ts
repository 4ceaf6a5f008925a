import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPageMessage } from './protocol.ts';

const call = (fields: Record<string, unknown>): unknown => ({ kind: 'call', id: 1, call: fields });

describe('messages from the page', () => {
  it('are let through when they make sense', () => {
    for (const message of [
      call({ name: 'start', baseUrl: 'https://example.org/' }),
      call({ name: 'openTerminal', node: 'node1', rows: 24, columns: 80, pipe: 2 }),
      call({ name: 'homeWrite', node: 'node1', path: 'a', bytes: new Uint8Array(3) }),
      { kind: 'data', pipe: 2, bytes: new Uint8Array(10) },
      { kind: 'end', pipe: 2 },
    ])
      expect(readPageMessage(message)).toBe(message);
  });

  it('are refused when they do not', () => {
    for (const message of [
      undefined,
      'start',
      [],
      { kind: 'call' },
      call({ name: 'nosuch' }),
      call({ name: 'toString' }),
      call({ name: 'start', baseUrl: 5 }),
      call({ name: 'saveSession', label: 'x'.repeat(1000) }),
      call({ name: 'openTerminal', node: 'node1', rows: -1, columns: 80, pipe: 2 }),
      call({ name: 'openTerminal', node: 'node1', rows: 1e9, columns: 80, pipe: 2 }),
      call({ name: 'homeWrite', node: 'node1', path: 'a', bytes: 'text' }),
      call({ name: 'api', node: 'node1', pipe: 1, request: { method: 'GET', path: '/', query: [['a', 'b']], headers: {} } }),
      call({ name: 'api', node: 'node1', pipe: 1, request: { method: 'GET', path: '/', query: [], headers: { a: 1 } } }),
      { kind: 'data', pipe: 1, bytes: new Uint8Array(2_000_000) },
      { kind: 'data', pipe: 0.5, bytes: new Uint8Array(2) },
      { kind: 'ack', pipe: 1, count: NaN },
      { kind: 'crash', message: '', detail: '' },
    ])
      expect(readPageMessage(message)).toBeUndefined();
  });

  it('never make the check throw', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (one, two) => {
        for (const message of [
          one,
          { kind: 'call', id: 1, call: one },
          { kind: one, pipe: two },
          call({ name: 'api', node: 'n', pipe: 1, request: one }),
        ])
          readPageMessage(message);
      }),
      { numRuns: 1000, seed: 6 },
    );
  });
});
