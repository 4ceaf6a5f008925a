/** A machine in this process for tests, and shell commands on its node with what they print. */
import { exitCode } from '../../src/emulator/agent/spawn.ts';
import { nodePlatform } from '../../src/emulator/host.ts';
import type { RunningMachine } from '../../src/emulator/running-machine.ts';
import { startMachine } from '../../src/emulator/start.ts';
import { ensureState } from '../../src/emulator/state/build.ts';

export interface Printed {
  stdout: string;
  stderr: string;
  status: number;
}

/** From the saved state, which is made first when it is missing or stale. */
export async function openMachine(): Promise<RunningMachine> {
  await ensureState();
  return startMachine({
    platform: nodePlatform(),
    onFailure: (error) => {
      throw error;
    },
  });
}

/** Runs a command line in a shell of node1. */
export async function shell(machine: RunningMachine, command: string): Promise<Printed> {
  const { channels, exit } = await machine.shell('node1', command);
  channels.stdin?.end();
  const [stdout, stderr, status] = await Promise.all([text(channels.stdout), text(channels.stderr), exit]);
  return { stdout, stderr, status: exitCode(status) };
}

async function text(channel: { read(): AsyncIterable<Uint8Array> } | undefined): Promise<string> {
  const decoder = new TextDecoder();
  let all = '';
  for await (const bytes of channel?.read() ?? []) all += decoder.decode(bytes, { stream: true });
  return all + decoder.decode();
}
