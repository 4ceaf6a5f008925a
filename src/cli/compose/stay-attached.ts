/**
 * The second half of an `up` that stays: what containers print, until all have ended, one has and that is to end the
 * others, or Ctrl-C. A watch goes on until Ctrl-C.
 * Source: docker/compose 2.26.1 pkg/compose/{up,printer}.go.
 */
import type { CommandContext } from '../command.ts';
import { AttachedContainers } from './attached-containers.ts';
import { canceled, ComposeError, severalErrors } from './compose-error.ts';
import type { Exit } from './container-watch.ts';
import type { ComposeGlobals } from './globals.ts';
import { killServices } from './kill-services.ts';
import { CLEAR_LINE, LogPrinter, WATCH_LOGGER } from './log-printer.ts';
import type { Project } from './project.ts';
import { runWork, silentWork } from './run-work.ts';
import { startServices } from './start-services.ts';
import { stopServices } from './stop-containers.ts';
import { abortsOnExit } from './up-options.ts';
import { watchProject } from './watch.ts';

export interface StayOptions {
  /** Services that are stopped in the end. */
  services: readonly string[];
  /** Services whose output is printed; empty for all. */
  attach: readonly string[];
  timeoutSeconds: number | undefined;
}

/** @returns the exit status: that of the service that `--exit-code-from` names, or of the first to end */
export async function stayAttached(
  context: CommandContext,
  globals: ComposeGlobals,
  project: Project,
  options: StayOptions,
): Promise<number> {
  const { environment, flags } = context;
  const printer = new LogPrinter({
    out: environment.stdout,
    err: environment.stderr,
    color: globals.color && !flags.bool('no-color'),
    prefix: !flags.bool('no-log-prefix'),
    now: flags.bool('timestamps') ? () => environment.clock.now() : undefined,
  });
  const silent = await silentWork(context, globals);
  let from = flags.string('exit-code-from');
  let exitCode = 0;
  let isOver = false;
  /** There is nothing left to stop. */
  let hasEnded = false;
  /** Told of while it goes on. */
  const stopAll = (): Promise<void> =>
    runWork(context, globals, 'Stopping', (work) =>
      stopServices(work, project, options.services, { timeoutSeconds: options.timeoutSeconds }),
    );

  const onExit = async (exit: Exit, isTold: boolean): Promise<void> => {
    const { service, code, isReplaced } = exit;
    const isFirst = !isOver;
    if (isFirst && isTold) await printer.exit(exit);
    if (!abortsOnExit(flags)) return;
    if (from === '' && !isReplaced) from = service;
    if (from === service && !isReplaced) exitCode = code;
    if (!isFirst) return;
    isOver = true;
    containers.silence();
    await printer.note('Aborting on container exit...\n', environment.stderr);
    await stopAll();
  };
  const containers = new AttachedContainers(silent, project.name, {
    attach: options.attach,
    required: context.args,
    printer,
    onExit,
  });

  const interruption = interruptedBy(context, {
    first: async () => {
      if (hasEnded) return;
      isOver = true;
      containers.silence();
      await printer.note(CLEAR_LINE);
      await printer.note('Gracefully stopping... (press Ctrl+C again to force)\n', environment.stderr);
      await stopAll();
    },
    second: () => runWork(context, globals, 'Killing', (work) => killServices(work, project, options)),
  });
  /** @returns what keeps it from watching, which is told in the end */
  const watch = (): Promise<ComposeError | undefined> => {
    printer.register(WATCH_LOGGER);
    const { begun: over } = interruption;
    return watchProject(context, globals, project, { names: context.args, printer, quiet: true, over }).then(
      () => undefined,
      (error: unknown) => severalErrors([error]),
    );
  };
  try {
    const watching = flags.bool('watch') ? watch() : undefined;
    await containers.attach();
    const starting = startServices(silent, project, { isOver: () => isOver });
    // What fails to start ends all; what is stopped meanwhile need not.
    const started = starting.catch((error: unknown) => {
      if (!isOver) throw error;
    });
    const ended = Promise.all([started, containers.follow()]).then(() => (hasEnded = true));
    await Promise.race([ended, interruption.over]);
    const failure = await watching;
    if (interruption.happened()) {
      await interruption.over;
      throw canceled();
    }
    if (failure) throw new ComposeError(failure.message, exitCode || failure.status);
    return exitCode;
  } finally {
    interruption.stop();
    containers.close();
  }
}

interface Interruption {
  /** Settles with the first signal. */
  begun: Promise<void>;
  /** Settles when what a signal began is done; never without one. */
  over: Promise<void>;
  happened: () => boolean;
  stop: () => void;
}

/** One signal stops gracefully, a second kills; a third ends the command, as everywhere. */
function interruptedBy(context: CommandContext, actions: { first: () => Promise<void>; second: () => Promise<void> }): Interruption {
  let count = 0;
  let begin!: () => void;
  const begun = new Promise<void>((settle) => (begin = settle));
  const over = begun.then(actions.first);
  over.catch(() => {});
  context.holdInterrupts();
  const stop = context.environment.onSignal((signal) => {
    if (signal !== 'INT' && signal !== 'TERM') return;
    count++;
    if (count === 1) begin();
    else if (count === 2) void actions.second().catch(() => {});
  });
  return { begun, over, happened: () => count > 0, stop };
}
