/** The machine's client, in a chunk of its own: the lesson is readable before it arrives. */
import type { Machine, StartOptions } from '#emulator/machine-api.ts';

export async function startMachine(options: Omit<StartOptions, 'baseUrl'>): Promise<Machine> {
  const { startMachineInWorker } = await import('../dev/stand-in.ts');
  return startMachineInWorker({ ...options, baseUrl: new URL('.', document.baseURI).href });
}
