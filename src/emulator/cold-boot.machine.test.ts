/** Without a usable state the machine boots from its kernel, says why, and is the same machine. */
import { expect, it } from 'vitest';
import { exitCode } from './agent/spawn.ts';
import { nodePlatform } from './host.ts';
import type { StartProgress } from './machine-api.ts';
import type { Platform } from './platform.ts';
import { diskAssets } from './ports/disk-assets.ts';
import { MemorySessions } from './sessions.ts';
import { startMachine } from './start.ts';
import { ensureState } from './state/build.ts';

function throwIt(error: unknown): never {
  throw error;
}

it('a state whose bytes were changed on the way is not loaded', async () => {
  await ensureState();
  const platform: Platform = {
    ...nodePlatform(),
    sessions: new MemorySessions(),
    files: {
      async open(path) {
        const file = await diskAssets.open(path);
        return file && path.endsWith('.state') ? { ...file, chunks: damaged(file.chunks) } : file;
      },
    },
  };
  const progress: StartProgress[] = [];
  const machine = await startMachine({ platform, onProgress: (step) => progress.push(step), onFailure: throwIt });
  expect(progress.map(({ message }) => message)).toContain(
    'The saved machine cannot be used (its checksum is wrong): starting it from the beginning',
  );
  expect(progress.at(-1)?.phase).toBe('booting');
  const shell = await machine.shell('node1', 'hostname; exit 4');
  let output = '';
  for await (const bytes of shell.channels.stdout?.read() ?? []) output += new TextDecoder().decode(bytes);
  expect([output, exitCode(await shell.exit)]).toEqual(['node1\n', 4]);
  await machine.stop();
});

async function* damaged(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let first = true;
  for await (const chunk of chunks) {
    const copy = new Uint8Array(chunk);
    if (first) copy[1000]! ^= 0x40;
    first = false;
    yield copy;
  }
}
