/**
 * What the signals that end a process do to a command. One ends it, with the status that a shell shows
 * for it, unless the command has taken signals over to pass them on; three end it in any case.
 * Source: docker/cli cmd/docker/docker.go.
 */
import type { CliEnvironment } from './environment.ts';

const numbers: Record<string, number> = { HUP: 1, INT: 2, QUIT: 3, TERM: 15 };
/** Those of which three force the end. */
const counted = ['INT', 'TERM'];
const limit = 3;

export class Interrupts {
  /** The exit status, once a signal has ended the command. */
  readonly ended: Promise<number>;
  /** The command is not to be ended by a single signal. */
  held = false;
  readonly #stop: () => void;

  constructor(environment: CliEnvironment) {
    let end!: (status: number) => void;
    let count = 0;
    this.ended = new Promise((resolve) => (end = resolve));
    this.#stop = environment.onSignal((signal) => {
      const number = numbers[signal];
      if (number === undefined) return;
      if (!this.held) return end(128 + number);
      if (!counted.includes(signal) || ++count < limit) return;
      void environment.stderr
        .write('\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n')
        .catch(() => {})
        .then(() => end(1));
    });
  }

  /** Looks at signals no more. */
  stop(): void {
    this.#stop();
  }
}
