/** What a `docker` command reads of the guest has bounds. */
import { expect, it } from 'vitest';
import type { AgentClient } from './agent/client.ts';
import type { Stub } from './agent/stub.ts';
import type { Transfers } from './guest/transfers.ts';
import type { MemoryFs } from './p9/memory-fs.ts';
import { stubEnvironment } from './stub-environment.ts';

it('reads no file without end', async () => {
  let pieces = 0;
  const endless = { run: () => Promise.resolve(new Uint8Array(++pieces && 512 * 1024)) } as unknown as AgentClient;
  const stub = { id: 1, hello: { args: [], program: 'docker', env: {}, cwd: '/', streams: [] } } as unknown as Stub;
  const { files } = stubEnvironment(
    endless,
    stub,
    () => undefined,
    async () => undefined,
    {} as MemoryFs,
    {} as Transfers,
  );
  await expect(files.read('/dev/zero')).rejects.toMatchObject({ code: 'EFBIG', message: 'read /dev/zero: file too large' });
  expect(pieces).toBeLessThan(200);
});
