import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeConfig, completeHostConfig } from '../config-document.ts';
import { MemoryStorage } from '../../testing/memory-storage.ts';
import type { LogDriver, LogMessage } from './driver.ts';
import { FileLog } from './file-log.ts';
import { decodeLine, encodeLine } from './json-line.ts';
import { LineSplitter } from './line-splitter.ts';
import { openLog, validateLogConfig } from './options.ts';
import { readLog } from './read.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const start = Date.UTC(2026, 0, 1);
const message = (text: string, offsetMs = 0, stream: LogMessage['stream'] = 'stdout'): LogMessage => ({
  stream,
  text,
  timeMs: start + offsetMs,
});

async function collect(log: LogDriver, query: Partial<Parameters<typeof readLog>[1]> = {}): Promise<string[]> {
  const texts: string[] = [];
  for await (const batch of readLog(log, { tail: undefined, sinceMs: undefined, untilMs: undefined, follow: false, ...query }))
    texts.push(...batch.map(({ text }) => text));
  return texts;
}

describe('lines', () => {
  it('come out whole, however they arrive', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 8 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 30 }),
        (lines, sizes) => {
          const text = lines.map((line) => line.replaceAll('\n', '') + '\n').join('') + 'tail';
          const all = bytes(text);
          const splitter = new LineSplitter('stdout');
          const out: string[] = [];
          for (let at = 0, turn = 0; at < all.length; turn++) {
            const size = sizes[turn % sizes.length]!;
            out.push(...splitter.push(all.slice(at, at + size), 0).map((entry) => entry.text));
            at += size;
          }
          out.push(...splitter.end(0).map((entry) => entry.text));
          expect(out.join('')).toBe(text);
          expect(out.slice(0, -1).every((line) => line.endsWith('\n'))).toBe(true);
        },
      ),
      { seed: 3 },
    );
  });

  it('longer than 16 kB are kept in parts with the time of the first', () => {
    const splitter = new LineSplitter('stderr');
    const first = splitter.push(bytes('x'.repeat(20_000)), 100);
    const second = splitter.push(bytes('y\nshort\n'), 200);
    expect(first.map(({ text, timeMs }) => [text.length, timeMs])).toEqual([[16384, 100]]);
    expect(second.map(({ text, timeMs }) => [text.length, timeMs])).toEqual([
      [20_000 - 16384 + 2, 100],
      [6, 200],
    ]);
    expect(splitter.end(300)).toEqual([]);
  });
});

describe('json-file', () => {
  it('writes what Docker writes', () => {
    expect(encodeLine(message('a "b" \\ <c> & \t é \u2028\u0001\n'), '{"a":"b"}')).toBe(
      '{"log":"a \\"b\\" \\\\ \\u003cc\\u003e \\u0026 \\u0009 é \\u2028\\u0001\\n","stream":"stdout","attrs":{"a":"b"},"time":"2026-01-01T00:00:00Z"}\n',
    );
  });

  it('reads what it wrote', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => decodeLine(encodeLine(message(text, 12), ''))?.text === text));
    expect(decodeLine('{"log":"half')).toBeUndefined();
    expect(decodeLine('{"log":1}')).toBeUndefined();
  });

  it('rotates, and reads over all files', async () => {
    const storage = new MemoryStorage();
    const log = new FileLog(storage, { path: 'c/c-json.log', maxBytes: 200, maxFiles: 3, attributes: {} });
    for (let number = 0; number < 12; number++) log.write([message(`line ${number}\n`, number)]);
    expect(storage.list('c')).toEqual(['c-json.log', 'c-json.log.1', 'c-json.log.2']);
    expect(await collect(log)).toEqual(
      ['line 3\n', 'line 4\n', 'line 5\n', 'line 6\n', 'line 7\n', 'line 8\n', 'line 9\n', 'line 10\n', 'line 11\n'].slice(
        -storage.list('c').length * 3,
      ),
    );
    const one = new FileLog(storage, { path: 'd', maxBytes: 200, maxFiles: 1, attributes: {} });
    for (let number = 0; number < 5; number++) one.write([message(`line ${number}\n`)]);
    expect((await collect(one)).at(-1)).toBe('line 4\n');
    expect(storage.list('').filter((name) => name.startsWith('d'))).toEqual(['d']);
  });

  it('gives the tail, and a span of time', async () => {
    const log = new FileLog(new MemoryStorage(), { path: 'x', maxBytes: Infinity, maxFiles: 1, attributes: {} });
    log.write([0, 1, 2, 3, 4].map((second) => message(`${second}\n`, second * 1000)));
    expect(await collect(log, { tail: 2 })).toEqual(['3\n', '4\n']);
    expect(await collect(log, { tail: 0 })).toEqual([]);
    expect(await collect(log, { sinceMs: start + 2000 })).toEqual(['2\n', '3\n', '4\n']);
    expect(await collect(log, { untilMs: start + 1000 })).toEqual(['0\n', '1\n']);
  });

  it('follows until the container ends, and loses nothing for a slow reader', async () => {
    const log = new FileLog(new MemoryStorage(), { path: 'x', maxBytes: Infinity, maxFiles: 1, attributes: {} });
    log.write([message('before\n')]);
    const reading = collect(log, { follow: true });
    for (let number = 0; number < 2000; number++) log.write([message(`${number}\n`)]);
    log.close();
    const texts = await reading;
    expect(texts.length).toBe(2001);
    expect(texts[0]).toBe('before\n');
    expect(texts.at(-1)).toBe('1999\n');
  });

  it('keeps for a slow reader no more than a bound, and reads the rest from the log again', async () => {
    const log = new FileLog(new MemoryStorage(), { path: 'x', maxBytes: Infinity, maxFiles: 1, attributes: {} });
    let reads = 0;
    const counting = {
      write: log.write.bind(log),
      listen: log.listen.bind(log),
      close: log.close.bind(log),
      read: () => (reads++, log.read()),
    };
    const query = { tail: undefined, sinceMs: undefined, untilMs: undefined, follow: true };
    const iterator = readLog(counting, query)[Symbol.asyncIterator]();
    for (let number = 0; number < 5000; number++) log.write([message(`${number}\n`)]);
    const texts: string[] = [];
    const take = async (): Promise<boolean> => {
      const next = await iterator.next();
      if (next.done) return false;
      texts.push(...next.value.map(({ text }) => text));
      return true;
    };
    // In the middle of catching up more is written, and at last the log is closed.
    for (let count = 0; count < 260; count++) await take();
    for (let number = 5000; number < 8000; number++) log.write([message(`${number}\n`)]);
    log.close();
    while (await take());
    expect(texts).toEqual(Array.from({ length: 8000 }, (_, number) => `${number}\n`));
    expect(reads).toBeGreaterThan(1);
    expect(reads).toBeLessThan(5);
  });

  it('ends a slow reader where the time is up', async () => {
    const log = new FileLog(new MemoryStorage(), { path: 'x', maxBytes: Infinity, maxFiles: 1, attributes: {} });
    const reading = collect(log, { follow: true, untilMs: start + 1000 });
    for (let number = 0; number < 1000; number++) log.write([message(`${number}\n`, number * 2)]);
    expect(await reading).toHaveLength(501);
  });

  it('forgets a reader that left', async () => {
    const log = new FileLog(new MemoryStorage(), { path: 'x', maxBytes: Infinity, maxFiles: 1, attributes: {} });
    const iterator = readLog(log, { tail: undefined, sinceMs: undefined, untilMs: undefined, follow: true })[Symbol.asyncIterator]();
    const next = iterator.next();
    await iterator.return?.();
    expect((await next).done).toBe(true);
    log.write([message('nobody\n')]);
  });
});

describe('--log-driver', () => {
  const container = (LogConfig: { Type: string; Config: Record<string, string> }) => ({
    id: 'c'.repeat(64),
    name: 'web',
    imageId: 'sha256:1234567890abcdef',
    config: completeConfig({ Image: 'busybox', Env: ['E=1'], Labels: { a: 'b', other: 'x' } }),
    hostConfig: completeHostConfig({ LogConfig }),
  });

  it('refuses what Docker refuses', () => {
    expect(() => validateLogConfig({ Type: 'nope', Config: {} })).toThrow("logger: no log driver named 'nope' is registered");
    expect(() => validateLogConfig({ Type: 'json-file', Config: { bogus: '1' } })).toThrow(
      "unknown log opt 'bogus' for json-file log driver",
    );
    expect(() => validateLogConfig({ Type: 'json-file', Config: { mode: 'odd' } })).toThrow('logger: logging mode not supported: odd');
    expect(() => openLog(new MemoryStorage(), container({ Type: 'json-file', Config: { 'max-file': '0' } }))).toThrow(
      'max-file cannot be less than 1',
    );
    expect(openLog(new MemoryStorage(), container({ Type: 'none', Config: {} }))).toBeUndefined();
  });

  it('that nobody bounded keeps its newest 8 to 16 MB', () => {
    const storage = new MemoryStorage();
    const log = openLog(storage, container({ Type: 'json-file', Config: {} }))!;
    const line = 'x'.repeat(1 << 20);
    for (let number = 0; number < 40; number++) log.write([message(`${number} ${line}\n`)]);
    const [directory = ''] = storage.list('containers');
    const sizes = storage.list(`containers/${directory}`).map((name) => storage.sizeBytes(`containers/${directory}/${name}`) ?? 0);
    expect(sizes).toHaveLength(2);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(20e6);
    expect(log.read().at(-1)?.text.slice(0, 2)).toBe('39');
  });

  it('keeps labels, environment and tag with each line', () => {
    const storage = new MemoryStorage();
    const log = openLog(storage, container({ Type: 'json-file', Config: { labels: 'a', env: 'E', tag: '{{.Name}}/{{.ID}}' } }))!;
    log.write([message('x\n')]);
    expect(log.read()[0]?.attributes).toEqual({ E: '1', a: 'b', tag: `web/${'c'.repeat(12)}` });
    expect(storage.text(`containers/${'c'.repeat(64)}/${'c'.repeat(64)}-json.log`)).toContain('"attrs":{"E":"1","a":"b","tag":');
  });
});
