import { expect, test } from 'vitest';
import { FakeOutput } from '../testing.ts';
import { LineOutput, LogPrinter, WATCH_LOGGER } from './log-printer.ts';

test('names are padded to the longest and coloured in turn', async () => {
  const out = new FakeOutput();
  const printer = new LogPrinter({ out, err: out, color: true, prefix: true });
  for (const name of ['a-1', 'longer-1']) printer.register(name);
  await Promise.all([printer.log('a-1', 'a1\na2'), printer.log('longer-1', 'b'), printer.status('a-1', 'exited with code 3')]);
  expect(out.text).toBe(
    '\x1b[2K\x1b[36ma-1       | \x1b[0ma1\n\x1b[2K\x1b[36ma-1       | \x1b[0ma2\n' +
      '\x1b[2K\x1b[33mlonger-1  | \x1b[0mb\n\x1b[36ma-1 exited with code 3\n\x1b[0m',
  );
});

test('a watch has a sign and a colour of its own', async () => {
  const out = new FakeOutput();
  const printer = new LogPrinter({ out, err: out, color: true, prefix: true });
  printer.register(WATCH_LOGGER);
  await Promise.all([printer.log('a-1', 'a1'), printer.log(WATCH_LOGGER, 'Watch enabled')]);
  expect(out.text).toBe('\x1b[2K\x1b[36ma-1     | \x1b[0ma1\n\x1b[2K\x1b[92m        ⦿ \x1b[0mWatch enabled\n');
});

test('without colour, errors go to standard error, and standard output has its line cleared all the same', async () => {
  const [out, err] = [new FakeOutput(), new FakeOutput()];
  const printer = new LogPrinter({ out, err, color: false, prefix: true, now: () => 0 });
  await printer.log('b-1', 'x', 'stderr');
  expect([out.text, err.text]).toEqual(['\x1b[2K', 'b-1  | 1970-01-01T00:00:00.000000000Z x\n']);
});

test('a stream is cut into lines, letters of several bytes stay whole', async () => {
  const lines: string[] = [];
  const output = new LineOutput(async (line) => void lines.push(line));
  const bytes = new TextEncoder().encode('é\nlast');
  await output.write(bytes.subarray(0, 1));
  await output.write(bytes.subarray(1));
  expect(lines).toEqual(['é']);
  await output.end();
  expect(lines).toEqual(['é', 'last']);
});
