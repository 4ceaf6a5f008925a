/** `--env-file` on what is no file. */
import { expect, test } from 'vitest';
import { FileError } from '../environment.ts';
import { FakeEnvironment } from '../testing.ts';
import { readKeyValues } from './key-value-file.ts';

test.each([
  ['ENOENT', 'open d: no such file or directory'],
  ['EISDIR', 'invalid env file (d): read d: is a directory'],
])('%s', async (code, message) => {
  const { files } = new FakeEnvironment();
  files.read = () => Promise.reject(new FileError(code, 'd'));
  await expect(readKeyValues(files, ['d'], [])).rejects.toThrow(message);
});
