/**
 * The docker command line: finds the command that the words name, reads its flags, runs it, and turns
 * what it throws into a line on standard error and an exit status. Holds no rule of any single command.
 */
import { AssertionError } from '#engine/assert.ts';
import { EngineError } from '#engine/errors.ts';
import { quote } from '#engine/go-quote.ts';
import { checkArguments, unknownCommand } from './arguments.ts';
import { SYNTAX_FAILURE } from './compose/compose-error.ts';
import { forwardToBuilder, pluginFailure } from './builder/forward.ts';
import { clientRelease, versionLine } from './client-release.ts';
import { commandAt } from './commands.ts';
import { readClientConfig, type ClientConfig } from './client-config.ts';
import { CommandClock } from './command-clock.ts';
import type { Command, CommandContext } from './command.ts';
import { connect } from './connection.ts';
import { ContextStore } from './context/store.ts';
import { type CliEnvironment, type CliOutput, withParts } from './environment.ts';
import { errorLine } from './error-line.ts';
import { ExitError } from './exit-error.ts';
import { FlagError, parseFlags, type ParsedFlags } from './flags/parse.ts';
import { contextNameOf, defaultHost, readGlobals, resolveHost, type GlobalOptions } from './globals.ts';
import { askDaemon, needsFeatures, refusalOf } from './help/daemon-features.ts';
import { explain } from './help/explain.ts';
import { dependsOnClient, unknownFlag } from './help/flags-since.ts';
import { childOf, HELP_COMMAND, helpOf, type HelpEntry } from './help/help-data.ts';
import { commandPath, useLine } from './help/usage.ts';
import { Interrupts } from './interrupts.ts';
import { OpenAnswers } from './open-answers.ts';

/** The status of a program that writes to a closed pipe: 128 + SIGPIPE. */
const BROKEN_PIPE = 141;
/** What Docker has besides the commands that its help lists: plugins that people expect, and hidden commands. */
/**
 * @cli  N[there is no swarm in this version]  docker swarm *  "Manage Swarm"
 * @cli  N[there is no swarm in this version]  docker node *  "Manage Swarm nodes"
 * @cli  N[there is no swarm in this version]  docker service *  "Manage Swarm services"
 * @cli  N[there is no swarm in this version]  docker stack *  "Manage Swarm stacks"
 * @cli  N[there is no swarm in this version]  docker secret *  "Manage Swarm secrets"
 * @cli  N[there is no swarm in this version]  docker config *  "Manage Swarm configs"
 * @flag  N[nothing that it prints depends on it]  docker compose config  --dry-run
 * @cli  N[there is one builder, part of the engine, which keeps no history and builds one Dockerfile for one platform]  docker buildx *  "Docker Buildx"
 */
const NOT_HERE = new Set(['completion', '__complete', '__completeNoDesc', 'system dial-stdio']);

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
  const client = clientOf(environment, readGlobals(flags, environment));
  const [entry, rest] = find(root, await forwardToBuilder(environment, flags.args));
  await writeAll(environment.stderr, flags.warnings);
  const help = (about: HelpEntry, output: CliOutput): Promise<number> => explain(environment, client.host, about, output);

  if (entry === root) {
    if (rest[0] === 'help' && !flags.help) {
      const words = parseOrExplain(HELP_COMMAND, environment, rest.slice(1));
      await writeAll(environment.stdout, words.warnings);
      return await help(topic(words), environment.stdout);
    }
    if (flags.help) return await help(root, environment.stdout);
    if (flags.bool('version')) return await writeAll(environment.stdout, [versionLine(await clientRelease(environment))]);
    if (rest[0] === undefined) return await help(root, environment.stderr);
    if (NOT_HERE.has(rest[0])) throw notHere(`docker ${rest[0]}`);
    // After a word that is no command, flags are the root's still.
    const more = parseOrExplain(root, environment, rest, false);
    await writeAll(environment.stdout, more.warnings);
    if (more.help) return await help(root, environment.stdout);
    if (more.bool('version')) return await writeAll(environment.stdout, [versionLine(await clientRelease(environment))]);
    throw unknownCommand(root, rest[0]);
  }
  try {
    return await dispatchTo(entry, rest, flags.help, environment, client);
  } catch (error) {
    throw isClosed(error) ? error : pluginFailure(entry, error);
  }
}

async function dispatchTo(
  entry: HelpEntry,
  rest: string[],
  wantsHelp: boolean,
  environment: CliEnvironment,
  client: Client,
  groupFlags?: ParsedFlags,
): Promise<number> {
  const help = (output: CliOutput): Promise<number> => explain(environment, client.host, entry, output);
  const own = parseOrExplain(entry, environment, rest);
  // cobra prints them where help goes.
  await writeAll(environment.stdout, own.warnings);
  if (wantsHelp || own.help) return await help(environment.stdout);
  const child = entry.ownFlagsFirst && own.args[0] !== undefined ? childOf(entry.path, own.args[0]) : undefined;
  if (child !== undefined) return await dispatchTo(entryOf(child), own.args.slice(1), false, environment, client, own);
  if (entry.commands && own.args[0] !== undefined) {
    if (entry.plugin !== undefined) {
      await help(environment.stdout);
      if (entry.plugin === 'compose')
        throw new ExitError(SYNTAX_FAILURE, `unknown docker command: ${quote(`${entry.path} ${own.args[0]}`)}`);
      throw new ExitError(1, `unknown command: ${quote(own.args[0])}`);
    }
    const path = `${entry.path} ${own.args[0]}`;
    throw NOT_HERE.has(path) ? notHere(`docker ${path}`) : unknownCommand(entry, own.args[0]);
  }
  await checkClient(environment, entry, own);
  if (needsFeatures(entry, own)) await checkFeatures(environment, client, entry, own);
  checkArguments(entry, own.args);
  if (entry.commands && !commandAt(entry.canonical))
    return await help(entry.plugin === undefined ? environment.stderr : environment.stdout);
  const command = commandAt(entry.canonical);
  if (!command) throw notHere(commandPath(entry));
  return await carryOut(command, environment, client, entry, own, groupFlags);
}

/** An older client does not know the newer flags, and said so in fewer words. */
async function checkClient(environment: CliEnvironment, entry: HelpEntry, flags: ParsedFlags): Promise<void> {
  if (!dependsOnClient(entry)) return;
  const unknown = unknownFlag(entry, flags, (await clientRelease(environment)).version);
  if (unknown !== undefined) throw new ExitError(125, `unknown flag: --${unknown}\nSee '${commandPath(entry)} --help'.`);
}

async function checkFeatures(environment: CliEnvironment, client: Client, entry: HelpEntry, flags: ParsedFlags): Promise<void> {
  const daemon = await askDaemon(environment, client.host);
  const refusal = daemon && refusalOf(entry, flags, daemon);
  if (refusal !== undefined) throw new ExitError(1, refusal);
}

function notHere(name: string): ExitError {
  return new ExitError(1, `docker: '${name}' is not available in this version of Drydock`);
}

/** Runs a command until it ends or a signal ends it; what it still has open then is closed. */
async function carryOut(
  command: Command,
  given: CliEnvironment,
  client: Client,
  entry: HelpEntry,
  flags: ParsedFlags,
  groupFlags: ParsedFlags | undefined,
): Promise<number> {
  const clock = new CommandClock(given.clock);
  const environment = withParts(given, { clock });
  const interrupts = new Interrupts(environment);
  const answers = new OpenAnswers();
  const ran = command.run(contextOf(environment, client, entry, flags, groupFlags, interrupts, answers));
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
    clock.end();
  }
}

/** Follows the words down the tree as far as they name commands, or to one whose own flags come first; `--help` may stand between them. */
function find(root: HelpEntry, words: string[], toTheEnd = false): [HelpEntry, string[]] {
  let entry = root;
  let index = 0;
  const passed: string[] = [];
  while (entry.commands && (toTheEnd || !entry.ownFlagsFirst)) {
    let next = index;
    while (words[next] === '--help') next++;
    const child = words[next] === undefined ? undefined : childOf(entry.path, words[next] ?? '');
    if (child === undefined) break;
    passed.push(...words.slice(index, next));
    entry = entryOf(child);
    index = next + 1;
  }
  return [entry, [...passed, ...words.slice(index)]];
}

function parseOrExplain(
  entry: HelpEntry,
  environment: CliEnvironment,
  args: readonly string[],
  stopAtArgument = entry.stopAtArgument || entry.path === '',
): ParsedFlags {
  try {
    return parseFlags(args, { flags: entry.flags, syntax: commandAt(entry.canonical)?.flags?.(environment), stopAtArgument });
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    if (entry.plugin === 'compose') throw new ExitError(SYNTAX_FAILURE, error.message);
    throw new ExitError(125, `${error.message}\n\nUsage:  ${useLine(entry)}\n\nRun '${commandPath(entry)} --help' for more information`);
  }
}

/** What `docker help WORDS` is about. */
function topic({ help, args }: ParsedFlags): HelpEntry {
  if (help || (args.length === 1 && args[0] === 'help')) return HELP_COMMAND;
  const [entry, rest] = find(entryOf(''), args[0] === 'help' ? args.slice(1) : args, true);
  if (rest[0] !== undefined) throw new ExitError(1, `unknown help topic: ${rest.join(' ')}`);
  return entry;
}

/** The global flags, and what is looked up for them when first asked for. */
interface Client {
  globals: GlobalOptions;
  contexts: ContextStore;
  contextName(): Promise<string>;
  config(): Promise<ClientConfig>;
  host(): Promise<string>;
}

function clientOf(environment: CliEnvironment, globals: GlobalOptions): Client {
  let config: Promise<ClientConfig> | undefined;
  const readConfig = (): Promise<ClientConfig> => (config ??= readClientConfig(environment, globals.configDirectory));
  const contexts = new ContextStore(environment.files, globals.configDirectory, () => defaultHost(globals, environment));
  const contextName = (): Promise<string> => contextNameOf(globals, environment, readConfig);
  let host: Promise<string> | undefined;
  const findHost = (): Promise<string> => (host ??= contextName().then((name) => resolveHost(globals, name, contexts)));
  return { globals, contexts, contextName, config: readConfig, host: findHost };
}

function contextOf(
  environment: CliEnvironment,
  { globals, contexts, contextName, config, host }: Client,
  entry: HelpEntry,
  flags: ParsedFlags,
  groupFlags: ParsedFlags | undefined,
  interrupts: Interrupts,
  answers: OpenAnswers,
): CommandContext {
  let api: ReturnType<CommandContext['api']> | undefined;
  return {
    environment,
    name: commandPath(entry),
    flags,
    groupFlags,
    args: flags.args,
    host,
    contextName,
    contexts,
    configDirectory: globals.configDirectory,
    debug: globals.debug || (entry.flags.some(({ name }) => name === 'debug') && flags.bool('debug')),
    api: () => (api ??= host().then((address) => connect(environment, address, answers))),
    config,
    out: (text) => environment.stdout.write(text),
    err: (text) => environment.stderr.write(text),
    holdInterrupts: () => (interrupts.held = true),
  };
}

/** Prints what ended a command and chooses its exit status. A programmer's error goes on to the worker's edge. */
async function report(environment: CliEnvironment, error: unknown): Promise<number> {
  if (isClosed(error)) return BROKEN_PIPE;
  const message = errorLine(error);
  // Nobody may be there to read it; the status says it still.
  if (message !== '') await environment.stderr.write(`${message}\n`).catch(ignoreClosed);
  return error instanceof ExitError ? error.status : 1;
}

function ignoreClosed(error: unknown): void {
  if (!isClosed(error)) throw error;
}

function isClosed(error: unknown): boolean {
  return error instanceof EngineError && error.kind === 'cancelled';
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
