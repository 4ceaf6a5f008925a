/** Changes the size of an exec's terminal. Source: moby daemon/resize.go. */
import { EngineError } from '../../errors.ts';
import type { Process } from '../../runtime/runtime.ts';
import type { Containers } from '../containers.ts';
import type { Exec } from './exec.ts';
import { activeExec } from './start.ts';

/** A client asks for the size while the process is on its way. */
const patienceMs = 10_000;

export async function resizeExec(containers: Containers, id: string, size: { rows: number; columns: number }): Promise<void> {
  const { exec } = activeExec(containers, id);
  const process = exec.process ?? (await started(containers, exec));
  if (!process) throw new EngineError('unknown', 'timeout waiting for exec session ready');
  await process.resize(size);
}

/** The process as soon as it runs; undefined when that takes too long. */
function started({ ports }: Containers, exec: Exec): Promise<Process | undefined> {
  return new Promise((resolve) => {
    const giveUp = (): void => {
      exec.onStarted.splice(exec.onStarted.indexOf(tell), 1);
      resolve(undefined);
    };
    const cancel = ports.clock.after(patienceMs, giveUp);
    const tell = (process: Process): void => {
      cancel();
      resolve(process);
    };
    exec.onStarted.push(tell);
  });
}
