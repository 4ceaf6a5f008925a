/** The machine that a subcommand works with: from the saved state, which is made first when it is missing or stale. */
import { nodePlatform } from '../../src/emulator/host.ts';
import type { DaemonConfig } from '../../src/engine/daemon-config.ts';
import type { RunningMachine } from '../../src/emulator/running-machine.ts';
import { startMachine } from '../../src/emulator/start.ts';

export const node = 'node1';

/** Says on standard error what takes long. */
export async function openMachine(config?: Partial<DaemonConfig>): Promise<RunningMachine> {
  await makeState();
  let said = '';
  return startMachine({
    platform: nodePlatform(),
    config,
    onProgress({ phase, message }) {
      if (phase === 'booting' && message !== said) process.stderr.write(`drydock: ${message}\n`);
      said = message;
    },
    onFailure(error) {
      process.stderr.write(`drydock: the machine failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(125);
    },
  });
}

async function makeState(): Promise<void> {
  const { ensureState } = await import('../../src/emulator/state/build.ts');
  try {
    await ensureState((line) => process.stderr.write(`drydock: ${line}\n`));
  } catch (error) {
    process.stderr.write(`drydock: the machine could not be saved (${error instanceof Error ? error.message : String(error)})\n`);
  }
}
