import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { until } from '../testing/settle.ts';
import { hijack } from './answer.ts';
import { ApiClient, jsonDocuments } from './client.ts';
import { createRouter, type Route } from './router.ts';
import { encodeFrame, FrameReader } from './stdcopy.ts';

fc.configureGlobal({ seed: 28 });

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('hijacked streams in-process', () => {
  let ended = false;
  const routes: Route[] = [
    {
      method: 'POST',
      pattern: '/echo',
      handler: (call) =>
        hijack(call, false, async (connection) => {
          for await (const chunk of connection.input) await connection.write(encode(decode(chunk).toUpperCase()));
          await connection.write(encode('.'));
        }),
    },
    {
      method: 'POST',
      pattern: '/wait',
      handler: (call) =>
        hijack(call, true, async (connection) => {
          await connection.closed;
          ended = true;
        }),
    },
  ];
  const client = new ApiClient(createRouter(routes));

  it('carry bytes both ways, half-close, and end', async () => {
    const { connection, contentType } = await client.hijack('/echo');
    expect(contentType).toBe('application/vnd.docker.multiplexed-stream');
    await connection.write(encode('one '));
    await connection.write(encode('two'));
    await connection.closeWrite();
    let received = '';
    for await (const chunk of connection.input) received += decode(chunk);
    expect(received).toBe('ONE TWO.');
    await connection.closed;
    await expect(connection.write(encode('late'))).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('tell the daemon when the client lets go', async () => {
    const { contentType, close } = await client.hijack('/wait');
    expect(contentType).toBe('application/vnd.docker.raw-stream');
    expect(ended).toBe(false);
    close();
    await until(() => ended);
  });
});

describe('jsonDocuments', () => {
  it('finds documents in any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 8 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom('\n', '\r\n'),
        async (values, size, lineEnd) => {
          const bytes = encode(values.map((value) => JSON.stringify(value) + lineEnd).join(''));
          const pieces = async function* (): AsyncGenerator<Uint8Array> {
            for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
          };
          const found: unknown[] = [];
          for await (const value of jsonDocuments(pieces())) found.push(value);
          expect(JSON.stringify(found)).toBe(JSON.stringify(values));
        },
      ),
    );
  });
});

describe('frames', () => {
  it('come out as they went in, in any pieces', () => {
    const frame = fc.record({ stream: fc.constantFrom('stdin', 'stdout', 'stderr', 'system'), bytes: fc.uint8Array({ maxLength: 300 }) });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 10 }), fc.integer({ min: 1, max: 50 }), (frames, size) => {
        const stream = frames.flatMap(({ stream: name, bytes }) => [...encodeFrame(name as 'stdout', bytes)]);
        const reader = new FrameReader();
        const found = [];
        for (let at = 0; at < stream.length; at += size) found.push(...reader.push(new Uint8Array(stream.slice(at, at + size))));
        expect(found).toEqual(frames);
      }),
    );
  });

  it('have Docker’s head', () => {
    expect([...encodeFrame('stderr', encode('hi'))]).toEqual([2, 0, 0, 0, 0, 0, 0, 2, 104, 105]);
    expect(() => new FrameReader().push(new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0]))).toThrow('Unrecognized input header: 9');
  });
});
