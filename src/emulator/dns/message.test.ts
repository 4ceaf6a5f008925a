import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readQuery, recordType, responseCode, reverseAddress, writeAnswer, writeQuery, type DnsRecord } from './message.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** What glibc sends for `getent ahostsv4 deb.debian.org`. */
const debian = hex('5f2a01000001000000000000036465620664656269616e036f72670000010001');

describe('queries', () => {
  test('a resolver’s question', () => {
    expect(readQuery(debian)).toEqual({
      id: 0x5f2a,
      name: 'deb.debian.org',
      type: recordType.a,
      question: debian.slice(12),
      recursionDesired: true,
    });
  });

  test('what it writes it reads, for any name', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const label = fc.array(byte, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        fc.array(label, { maxLength: 8 }),
        fc.integer({ min: 0, max: 0xffff }),
        (id, labels, type) => {
          const question = Uint8Array.from([...labels.flatMap((one) => [one.length, ...one]), 0, type >> 8, type & 255, 0, 1]);
          const message = Uint8Array.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...question]);
          const query = readQuery(message);
          expect(query).toMatchObject({ id, type, question });
          expect(writeQuery(id, { name: query?.name ?? '', type })).toEqual(message);
        },
      ),
    );
  });

  test('every cut of a query, and what is no query, is left unread', () => {
    for (let length = 0; length < debian.length; length++) expect(readQuery(debian.subarray(0, length))).toBeUndefined();
    const changed = (at: number, value: number): Uint8Array => debian.with(at, value);
    expect(readQuery(changed(2, 0x81))).toBeUndefined(); // an answer
    expect(readQuery(changed(2, 0x28))).toBeUndefined(); // an update
    expect(readQuery(changed(5, 2))).toBeUndefined(); // two questions
    expect(readQuery(changed(5, 0))).toBeUndefined(); // none
    expect(readQuery(changed(12, 0xc0))).toBeUndefined(); // a pointer
    expect(readQuery(changed(31, 3))).toBeUndefined(); // CHAOS
    const long = Uint8Array.from([
      ...debian.subarray(0, 12),
      ...new Array<number[]>(5).fill([63, ...new Array<number>(63).fill(97)]).flat(),
      0,
      0,
      1,
      0,
      1,
    ]);
    expect(readQuery(long)).toBeUndefined(); // a name of 320 bytes
  });

  test('any bytes are read or left, never more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (bytes, likeQuery) => {
        if (likeQuery) bytes.set([1, 0, 0, 1].slice(0, Math.max(0, bytes.length - 2)), Math.min(2, bytes.length));
        const query = readQuery(bytes);
        if (!query) return;
        expect(query.question.length).toBeLessThanOrEqual(bytes.length - 12);
        expect(writeAnswer(query, { code: responseCode.nameError, records: [] }).length).toBe(12 + query.question.length);
      }),
    );
  });
});

describe('answers', () => {
  const query = readQuery(debian);
  const a = (last: number): DnsRecord => ({ type: 'A', ttlSeconds: 60, address: Uint8Array.of(192, 168, 65, last) });

  test('an address', () => {
    expect(writeAnswer(query!, { code: responseCode.noError, records: [a(7)] })).toEqual(
      hex('5f2a81800001000100000000036465620664656269616e036f72670000010001c00c000100010000003c0004c0a84107'),
    );
  });

  test('a name, by its address', () => {
    const reverse = readQuery(writeQuery(1, { name: '2.0.17.172.in-addr.arpa', type: recordType.ptr }));
    const bytes = writeAnswer(reverse!, { code: 0, records: [{ type: 'PTR', ttlSeconds: 600, name: 'web.front' }] });
    expect([...bytes.slice(-11)]).toEqual([
      ...Uint8Array.of(3),
      ...new TextEncoder().encode('web'),
      5,
      ...new TextEncoder().encode('front'),
      0,
    ]);
  });

  test('no such name', () => {
    const bytes = writeAnswer(query!, { code: responseCode.nameError, records: [] });
    expect([bytes[3]! & 0xf, bytes[7], bytes.length]).toEqual([3, 0, debian.length]);
  });

  test('more than fits is left out and said', () => {
    const bytes = writeAnswer(query!, { code: 0, records: Array.from({ length: 100 }, (_, at) => a(at)) });
    expect(bytes.length).toBeLessThanOrEqual(512);
    expect([bytes[2]! & 2, bytes[7]]).toEqual([2, (bytes.length - debian.length) / 16]);
  });

  test('reverse names', () => {
    expect(reverseAddress('2.0.17.172.in-addr.arpa')).toBe('172.17.0.2');
    expect(reverseAddress('2.0.17.172.IN-ADDR.ARPA')).toBe('172.17.0.2');
    for (const other of ['deb.debian.org', '300.0.0.1.in-addr.arpa', '0.17.172.in-addr.arpa', 'x.2.0.17.172.in-addr.arpa'])
      expect(reverseAddress(other)).toBeUndefined();
  });
});
