/**
 * Keeps a container's terminal as large as the person's: once at the start, which may be before the
 * process exists and is tried again then, and whenever the window changes.
 * Source: docker/cli cli/command/container/tty.go.
 */
import type { CliEnvironment } from '../environment.ts';
import { sleep } from '../sleep.ts';

export type Resize = (rows: number, columns: number) => Promise<void>;

const retries = 10;

/**
 * @param resize asks the daemon; throws while there is nothing to resize
 * @returns a function that stops watching
 */
export async function monitorTerminalSize(environment: CliEnvironment, resize: Resize): Promise<() => void> {
  let watching = true;
  const resizeNow = async (): Promise<boolean> => {
    const size = environment.stdout.size();
    if (!size || (size.rows === 0 && size.columns === 0)) return true;
    return resize(size.rows, size.columns).then(
      () => true,
      () => false,
    );
  };
  const retry = async (): Promise<void> => {
    for (let attempt = 1; attempt <= retries; attempt++) {
      await sleep(environment.clock, attempt * 10);
      if (!watching || (await resizeNow())) return;
    }
    await environment.stderr.write('failed to resize tty, using default size\n').catch(() => {});
  };

  if (!(await resizeNow())) void retry();
  const stopListening = environment.onSignal((signal) => {
    if (signal === 'WINCH') void resizeNow();
  });
  return () => {
    watching = false;
    stopListening();
  };
}
