/** The machine's client, in a chunk of its own: the lesson is readable before it arrives. */
import type { Machine, SessionInfo, StartOptions } from '#emulator/machine-api.ts';

export async function startMachine(options: Omit<StartOptions, 'baseUrl'>): Promise<Machine> {
  const { startMachineInWorker } = await client();
  return startMachineInWorker({ ...options, baseUrl: new URL('.', document.baseURI).href });
}

/** Saved sessions, newest first, whether a machine runs or not. */
export async function savedSessions(): Promise<SessionInfo[]> {
  return (await client()).savedSessions();
}

function client() {
  if (import.meta.env.MODE === 'stand-in') return import('../dev/stand-in.ts');
  return import('#emulator/client.ts');
}
