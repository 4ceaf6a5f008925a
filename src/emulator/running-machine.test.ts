/** What must not happen in one command is no reason for the others to end. */
import { expect, it } from 'vitest';
import type { Stub } from './agent/stub.ts';
import { RunningMachine, type MachineParts } from './running-machine.ts';

it('goes on when a command meets a bug, and the command says so', async () => {
  const bugs: unknown[] = [];
  let call: (stub: Stub) => void = () => {};
  const agent = { onStub: (handler: typeof call) => (call = handler), onConnection: () => {}, onDaemon: () => {} };
  const mirror = { watch: () => {} };
  const platform = { files: { open: () => Promise.resolve(undefined) } };
  new RunningMachine({ agent, mirror, platform, onBug: (error: unknown) => bugs.push(error) } as unknown as MachineParts);
  let said = '';
  const code = await new Promise((exit) => {
    call({
      // No hello: not what a stub has.
      stderr: { write: (bytes: Uint8Array) => Promise.resolve(void (said += new TextDecoder().decode(bytes))) },
      exit,
    } as unknown as Stub);
  });
  expect(code).toBe(1);
  expect(bugs).toHaveLength(1);
  expect(said).toMatch(/^docker: this should not have happened: .+\n$/);
});
