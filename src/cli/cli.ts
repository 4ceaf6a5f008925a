/**
 * The docker command line: finds the command that the words name, reads its flags, runs it, and turns
 * what it throws into a line on standard error and an exit status. Holds no rule of any single command.
 */
import { AssertionError } from '#engine/assert.ts';
import { EngineError } from '#engine/errors.ts';
import { checkArguments, unknownCommand } from './arguments.ts';
import { commandAt } from './commands.ts';
import { readClientConfig, type ClientConfig } from './client-config.ts';
import type { Command, CommandContext } from './command.ts';
import { connect } from './connection.ts';
import type { CliEnvironment, CliOutput } from './environment.ts';
import { errorLine } from './error-line.ts';
import { ExitError } from './exit-error.ts';
import { FlagError, parseFlags, type ParsedFlags } from './flags/parse.ts';
import { readGlobals, type GlobalOptions } from './globals.ts';
import { askDaemon, needsFeatures, refusalOf } from './help/daemon-features.ts';
import { explain } from './help/explain.ts';
import { childOf, helpOf, type HelpEntry } from './help/help-data.ts';
import { commandPath, useLine } from './help/usage.ts';
import { Interrupts } from './interrupts.ts';
import { OpenAnswers } from './open-answers.ts';
import { VERSION_LINE } from './version.ts';

/** The status of a program that writes to a closed pipe: 128 + SIGPIPE. */
const BROKEN_PIPE = 141;
/** Docker's plugins that people expect; they are not here yet. */
const PLUGINS = new Set(['compose', 'buildx']);

/** Runs one command line to its end; the result is the process's exit status. */
export async function runCli(environment: CliEnvironment): Promise<number> {
  try {
    return await dispatch(environment);
  } catch (error) {
    return await report(environment, error);
  }
}

async function dispatch(environment: CliEnvironment): Promise<number> {
  const root = entryOf('');
  const args = environment.program === 'docker-compose' ? ['compose', ...environment.args] : environment.args;
  const flags = parseOrExplain(root, environment, args);
  const globals = readGlobals(flags, environment);
  const [entry, rest] = find(root, flags.args);
  await writeAll(environment.stderr, flags.warnings);
  const help = (about: HelpEntry, output: CliOutput): Promise<number> => explain(environment, globals.host, about, output);

  if (entry === root) {
    if (rest[0] === 'help' && !flags.help) return await help(topic(rest.slice(1)), environment.stdout);
    if (flags.help) return await help(root, environment.stdout);
    if (flags.bool('version')) return await writeAll(environment.stdout, [VERSION_LINE]);
    if (rest[0] !== undefined) throw PLUGINS.has(rest[0]) ? notHere(`docker ${rest[0]}`) : unknownCommand(root, rest[0]);
    return await help(root, environment.stderr);
  }
  const own = parseOrExplain(entry, environment, rest);
  // cobra prints them where help goes.
  await writeAll(environment.stdout, own.warnings);
  if (flags.help || own.help) return await help(entry, environment.stdout);
  if (entry.commands && own.args[0] !== undefined) throw unknownCommand(entry, own.args[0]);
  checkArguments(entry, own.args);
  if (needsFeatures(entry, own)) await checkFeatures(environment, globals, entry, own);
  if (entry.commands) return await help(entry, environment.stderr);
  const command = commandAt(entry.canonical);
  if (!command) throw notHere(commandPath(entry));
  return await carryOut(command, environment, globals, entry, own);
}

async function checkFeatures(environment: CliEnvironment, globals: GlobalOptions, entry: HelpEntry, flags: ParsedFlags): Promise<void> {
  const daemon = await askDaemon(environment, globals.host);
  const refusal = daemon && refusalOf(entry, flags, daemon);
  if (refusal !== undefined) throw new ExitError(1, refusal);
}

function notHere(name: string): ExitError {
  return new ExitError(1, `docker: '${name}' is not available in this version of Drydock`);
}

/** Runs a command until it ends or a signal ends it; what it still has open then is closed. */
async function carryOut(
  command: Command,
  environment: CliEnvironment,
  globals: GlobalOptions,
  entry: HelpEntry,
  flags: ParsedFlags,
): Promise<number> {
  const interrupts = new Interrupts(environment);
  const answers = new OpenAnswers();
  const ran = command.run(contextOf(environment, globals, entry, flags, interrupts, answers));
  const interrupted = interrupts.ended.then(async (status) => {
    // The command may have made the terminal raw, and does not get to undo it.
    if (environment.stdin.isTerminal) await environment.stdin.setRaw(false).catch(() => {});
    return status;
  });
  try {
    return (await Promise.race([ran, interrupted])) ?? 0;
  } finally {
    ran.catch(() => {});
    interrupts.stop();
    answers.close();
  }
}

/** Follows the words down the tree as far as they name commands. */
function find(root: HelpEntry, words: string[]): [HelpEntry, string[]] {
  let entry = root;
  let index = 0;
  while (entry.commands && words[index] !== undefined) {
    const child = childOf(entry.path, words[index] ?? '');
    if (child === undefined) break;
    entry = entryOf(child);
    index++;
  }
  return [entry, words.slice(index)];
}

function parseOrExplain(entry: HelpEntry, environment: CliEnvironment, args: readonly string[]): ParsedFlags {
  try {
    return parseFlags(args, {
      flags: entry.flags,
      syntax: commandAt(entry.canonical)?.flags?.(environment),
      stopAtArgument: entry.stopAtArgument || entry.path === '',
    });
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new ExitError(125, `${error.message}\n\nUsage:  ${useLine(entry)}\n\nRun '${commandPath(entry)} --help' for more information`);
  }
}

/** What `docker help WORDS` is about. */
function topic(words: string[]): HelpEntry {
  const [entry, rest] = find(entryOf(''), words);
  if (rest[0] !== undefined) throw new ExitError(1, `unknown help topic: ${rest.join(' ')}`);
  return entry;
}

function contextOf(
  environment: CliEnvironment,
  globals: GlobalOptions,
  entry: HelpEntry,
  flags: ParsedFlags,
  interrupts: Interrupts,
  answers: OpenAnswers,
): CommandContext {
  let api: ReturnType<CommandContext['api']> | undefined;
  let config: Promise<ClientConfig> | undefined;
  return {
    environment,
    name: commandPath(entry),
    flags,
    args: flags.args,
    host: globals.host,
    debug: globals.debug,
    api: () => (api ??= connect(environment, globals.host, answers)),
    config: () => (config ??= readClientConfig(environment, globals.configDirectory)),
    out: (text) => environment.stdout.write(text),
    err: (text) => environment.stderr.write(text),
    holdInterrupts: () => (interrupts.held = true),
  };
}

/** Prints what ended a command and chooses its exit status. A programmer's error goes on to the worker's edge. */
async function report(environment: CliEnvironment, error: unknown): Promise<number> {
  if (error instanceof EngineError && error.kind === 'cancelled') return BROKEN_PIPE;
  const message = errorLine(error);
  if (message !== '') await environment.stderr.write(`${message}\n`);
  return error instanceof ExitError ? error.status : 1;
}

async function writeAll(output: CliOutput, texts: string[]): Promise<number> {
  for (const text of texts) await output.write(text);
  return 0;
}

function entryOf(path: string): HelpEntry {
  const entry = helpOf(path);
  if (!entry) throw new AssertionError(`no help for '${path}'`);
  return entry;
}
