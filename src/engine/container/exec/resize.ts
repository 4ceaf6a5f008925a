/** Changes the size of an exec's terminal. Source: moby daemon/resize.go. */
import { EngineError } from '../../errors.ts';
import type { Containers } from '../containers.ts';
import { activeExec } from './start.ts';

export async function resizeExec(containers: Containers, id: string, size: { rows: number; columns: number }): Promise<void> {
  const { exec } = activeExec(containers, id);
  if (!exec.process) throw new EngineError('invalid-parameter', 'exec process is not started');
  await exec.process.resize(size);
}
