/**
 * A command's help text and usage line, as Docker 28.2.2 prints them. Texts are made when asked for;
 * starting the command line makes none.
 */
import { flagTable } from './wrap.ts';
import { helpOf, type HelpEntry } from './help-data.ts';

export interface HelpLayout {
  /** Columns of the terminal; 80 when there is none. */
  width: number;
  /** Directory of the client's configuration, part of some defaults. */
  configDirectory: string;
}

const EXPERIMENTAL = `is an experimental feature.
  Experimental features provide early access to product functionality. These
  features may change between releases without warning, or can be removed from a
  future release. Learn more about experimental features in our documentation:
  https://docs.docker.com/go/experimental/`;

/** What buildx says below each of its help texts. */
const EXPERIMENTAL_HIDDEN = 'Experimental commands and flags are hidden. Set BUILDX_EXPERIMENTAL=1 to show them.';

const TOP_SECTIONS = ['Common Commands', 'Management Commands', 'Swarm Commands', 'Commands'];
const FURTHER_HELP = 'For more help on how to use Docker, head to https://docs.docker.com/go/guides/';
/** Names in a list of commands are padded to this; cobra's minimum. */
const NAME_WIDTH = 11;

/** `docker container run`. */
export function commandPath(entry: HelpEntry): string {
  return entry.path === '' ? 'docker' : `docker ${entry.path}`;
}

/** The line after `Usage:` in an error: `docker run [OPTIONS] IMAGE [COMMAND] [ARG...]`. */
export function useLine(entry: HelpEntry): string {
  return entry.errorUse === '' ? commandPath(entry) : `${commandPath(entry)} ${entry.errorUse}`;
}

export function helpText(entry: HelpEntry, layout: HelpLayout): string {
  const path = commandPath(entry);
  const parts = [`Usage:  ${entry.use === '' ? path : `${path} ${entry.use}`}`, entry.long ?? entry.short];
  if (entry.experimental) parts.push(`EXPERIMENTAL:\n  ${path} ${EXPERIMENTAL}`);
  if (entry.aliases.length > 0) parts.push(`Aliases:\n  ${entry.aliases.join(', ')}`);
  const options = optionsOf(entry, layout);
  if (entry.path !== '' && options !== '') parts.push(`Options:\n${options}`);
  for (const section of TOP_SECTIONS) {
    const names = entry.commands?.[section];
    if (names) parts.push(`${section}:\n${names.map((name) => commandLine(entry, name)).join('\n')}`);
  }
  if (entry.path === '') parts.push(`Global Options:\n${options}`);
  if (entry.commands) parts.push(`Run '${path} COMMAND --help' for more information on a command.`);
  if (entry.path === '') parts.push(FURTHER_HELP);
  const text = `${parts.join('\n\n')}\n`;
  if (entry.plugin === 'compose') return `\n${text}`;
  return entry.plugin === undefined ? text : `${entry.long ?? entry.short}\n\n${text}\n${EXPERIMENTAL_HIDDEN}\n`;
}

function commandLine(entry: HelpEntry, name: string): string {
  const child = helpOf(entry.path === '' ? name : `${entry.path} ${name}`);
  return `  ${name.padEnd(NAME_WIDTH)} ${child?.short ?? ''}`;
}

function optionsOf(entry: HelpEntry, layout: HelpLayout): string {
  const flags = entry.flags.map((flag) => ({
    ...flag,
    defaultText: flag.defaultText.replace('{config}', layout.configDirectory),
  }));
  return flagTable(flags, layout.width - 1).trimEnd();
}
