/**
 * The second half of an `up` that stays: what containers print, until all have ended, one has and that is to end the
 * others, or Ctrl-C.
 * Source: docker/compose 2.26.1 pkg/compose/{up,printer}.go.
 */
import type { CommandContext } from '../command.ts';
import { AttachedContainers } from './attached-containers.ts';
import { ComposeError } from './compose-error.ts';
import type { Exit } from './container-watch.ts';
import type { ComposeGlobals } from './globals.ts';
import { killServices } from './kill-services.ts';
import { LogPrinter } from './log-printer.ts';
import type { Project } from './project.ts';
import { runWork, silentWork } from './run-work.ts';
import { startServices } from './start-services.ts';
import { stopServices } from './stop-containers.ts';
import { abortsOnExit } from './up-options.ts';
import { watchProject } from './watch.ts';

const CANCELED_STATUS = 130;

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
      isOver = true;
      containers.silence();
      await printer.note('Gracefully stopping... (press Ctrl+C again to force)\n', environment.stderr);
      await stopAll();
    },
    second: () => runWork(context, globals, 'Killing', (work) => killServices(work, project, options)),
  });
  try {
    await containers.attach();
    const starting = startServices(silent, project, { isOver: () => isOver });
    // What fails to start ends all; what is stopped meanwhile need not.
    const started = starting.catch((error: unknown) => {
      if (!isOver) throw error;
    });
    const ended = Promise.all([started, containers.follow()]);
    const over = Promise.race([ended, interruption.over]);
    const watch = { names: context.args, printer, over };
    // What keeps a watch from starting ends all.
    const watching = flags.bool('watch') ? watchProject(context, globals, project, watch) : undefined;
    await Promise.race([over, ...(watching ? [watching.then(() => over)] : [])]);
    if (interruption.happened()) {
      await interruption.over;
      throw new ComposeError('canceled', CANCELED_STATUS);
    }
    return exitCode;
  } finally {
    interruption.stop();
    containers.close();
  }
}

interface Interruption {
  /** Settles when what a signal began is done; never without one. */
  over: Promise<void>;
  happened: () => boolean;
  stop: () => void;
}

/** One signal stops gracefully, a second kills; a third ends the command, as everywhere. */
function interruptedBy(context: CommandContext, actions: { first: () => Promise<void>; second: () => Promise<void> }): Interruption {
  let count = 0;
  let resolve!: (value: Promise<void>) => void;
  const over = new Promise<void>((settle) => (resolve = settle));
  over.catch(() => {});
  context.holdInterrupts();
  const stop = context.environment.onSignal((signal) => {
    if (signal !== 'INT' && signal !== 'TERM') return;
    count++;
    if (count === 1) resolve(actions.first());
    else if (count === 2) void actions.second().catch(() => {});
  });
  return { over, happened: () => count > 0, stop };
}
