/** A signal ends a command of Compose in Compose's words. Source: docker/compose 2.26.1 cmd/compose/compose.go, AdaptCmd. */
import type { Command } from '../command.ts';
import { canceled } from './compose-error.ts';

/** The command, which the first INT or TERM cancels unless it sees to signals itself. */
export function cancelable(command: Command): Command {
  return {
    ...command,
    async run(context) {
      const { environment } = context;
      const { stdin } = environment;
      let isHeld = false;
      let stop = (): void => {};
      const cancellation = new Promise<never>((_, reject) => {
        stop = environment.onSignal((signal) => {
          if (isHeld || (signal !== 'INT' && signal !== 'TERM')) return;
          const over = stdin.isTerminal ? stdin.setRaw(false).catch(() => {}) : Promise.resolve();
          void over.then(() => reject(canceled()));
        });
      });
      context.holdInterrupts();
      const ran = command.run({ ...context, holdInterrupts: () => (isHeld = true) });
      ran.catch(() => {});
      try {
        return await Promise.race([ran, cancellation]);
      } finally {
        stop();
      }
    },
  };
}
