/** What scripts on a machine's node print, when they have to succeed. */
import { expect } from 'vitest';
import type { RunningMachine } from '../../src/emulator/running-machine.ts';
import { shell } from './node-machine.ts';

/** Standard output of a script that succeeds and prints no errors. */
export async function output(machine: RunningMachine, script: string): Promise<string> {
  const { stdout, stderr, status } = await shell(machine, script);
  expect({ script, stderr, status }).toEqual({ script, stderr: '', status: 0 });
  return stdout;
}
