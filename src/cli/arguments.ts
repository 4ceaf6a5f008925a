/** What Docker says about a wrong number of arguments or a word that is no command. */
import { quote } from '#engine/go-quote.ts';
import { ExitError } from './exit-error.ts';
import type { HelpEntry } from './help/help-data.ts';
import { commandPath, useLine } from './help/usage.ts';

/** Throws unless the command takes as many positional arguments. */
export function checkArguments(entry: HelpEntry, args: readonly string[]): void {
  const [least, most] = entry.args ?? [0, -1];
  if (args.length >= least && (most < 0 || args.length <= most)) return;
  if (entry.plugin === 'compose') throw new ExitError(1, composeRefusal(entry, args, least, most));
  if (most === 0) throw refusal(entry, 'accepts no arguments', 'Run');
  if (most < 0) throw refusal(entry, `requires at least ${counted(least)}`, 'See');
  if (least === most) throw refusal(entry, `requires ${counted(least)}`, 'Run');
  // The letter too many is Docker's.
  if (least === 0) throw refusal(entry, `requires at most ${counted(most)}`, 'SRun');
  throw refusal(entry, `requires at least ${least} and at most ${counted(most)}`, 'Run');
}

export function unknownCommand(parent: HelpEntry, word: string): ExitError {
  const path = commandPath(parent);
  const usage = parent.path === '' ? '' : `Usage:  ${useLine(parent)}\n\n`;
  return new ExitError(1, `docker: unknown command: ${path} ${word}\n\n${usage}Run '${path} --help' for more information`);
}

function refusal(entry: HelpEntry, problem: string, verb: string): ExitError {
  const path = commandPath(entry);
  return new ExitError(1, `docker: '${path}' ${problem}\n\nUsage:  ${useLine(entry)}\n\n${verb} '${path} --help' for more information`);
}

/** Compose leaves most of this to cobra, and some to an older version of Docker's own words. */
function composeRefusal(entry: HelpEntry, args: readonly string[], least: number, most: number): string {
  const path = commandPath(entry);
  if (most === 0) return `unknown command ${quote(args[0] ?? '')} for ${quote(path)}`;
  if (least === 0) return `accepts at most ${most} arg(s), received ${args.length}`;
  const isDockers = least === most || entry.path === 'compose wait';
  if (!isDockers) return `requires at least ${least} arg(s), only received ${args.length}`;
  const amount = least === most ? 'exactly' : 'at least';
  return `"${path}" requires ${amount} ${counted(least)}.\nSee '${path} --help'.\n\nUsage:  ${useLine(entry)}\n\n${entry.short}`;
}

function counted(count: number): string {
  return `${count} argument${count === 1 ? '' : 's'}`;
}
