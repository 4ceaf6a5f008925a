/**
 * How a command is declared, and what it gets to run with. A command's flags, arguments and help texts
 * are in `help/help.json`; its file adds what it does and, where needed, what single flags mean.
 */
import type { ApiClient } from '#engine/api/client.ts';
import type { ClientConfig } from './client-config.ts';
import type { ContextStore } from './context/store.ts';
import type { CliEnvironment } from './environment.ts';
import type { FlagSyntax } from './flags/declaration.ts';
import type { ParsedFlags } from './flags/parse.ts';

export interface Command {
  /** The words after `docker` under which Docker files it: `['container', 'run']`, never `['run']`. */
  path: string[];
  /** Meanings of single flags where the type's own is not enough: checks of list values, `-1` for a size. */
  flags?: (environment: CliEnvironment) => Record<string, FlagSyntax>;
  /** Carries it out; a number is the exit status. Ends early by throwing ExitError. */
  run(context: CommandContext): Promise<number | void>;
}

export interface CommandContext {
  environment: CliEnvironment;
  /** As typed, aliases resolved: `docker run`, `docker container run`. */
  name: string;
  flags: ParsedFlags;
  /** The flags of a group that stand before the command's name: `docker compose -f FILE up`. */
  groupFlags?: ParsedFlags | undefined;
  /** Positional arguments; their number has been checked. */
  args: string[];
  /** The daemon, connected and asked for its version at the first call. Throws ExitError when none answers. */
  api(): Promise<ApiClient>;
  /** `~/.docker/config.json`, read at the first call; empty when there is none. */
  config(): Promise<ClientConfig>;
  /** Where the daemon is: `unix:///var/run/docker.sock`. */
  host(): Promise<string>;
  /** The context that is in force: by flag, environment or configuration. There may be none of that name. */
  contextName(): Promise<string>;
  contexts: ContextStore;
  /** Where `config.json` is: `~/.docker`. */
  configDirectory: string;
  /** `--debug` was given. */
  debug: boolean;
  /** Writes to standard output, or standard error; nothing is added. */
  out(text: string): Promise<void>;
  err(text: string): Promise<void>;
  /** From here on a single INT or TERM does not end the command: it passes them on, or goes on to its own end. */
  holdInterrupts(): void;
}
