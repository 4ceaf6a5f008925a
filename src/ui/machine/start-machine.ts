/** The machine's client with the page's address. */
import { startMachineInWorker } from '#emulator/client.ts';
import type { Machine, StartOptions } from '#emulator/machine-api.ts';

export function startMachine(options: Omit<StartOptions, 'baseUrl'>): Promise<Machine> {
  return startMachineInWorker({ ...options, baseUrl: new URL('.', document.baseURI).href });
}
