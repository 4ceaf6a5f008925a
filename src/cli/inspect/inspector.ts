/**
 * What all `inspect` commands do: fetch each object named, print them as one indented JSON list, or run a
 * template over each. Objects that are not found are reported after what was found.
 * Source: docker/cli cli/command/inspect/inspector.go.
 */
import { messageOf } from '#engine/errors.ts';
import type { CommandContext } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import { compactJson, indentJson, readJson } from '../format/json-text.ts';
import { goJson } from '../format/gotemplate/json.ts';
import { Template } from '../format/gotemplate/template.ts';
import { typed, type GoTypeName } from './go-types.ts';

/** What Docker's client exits with when the template does not parse. */
const BAD_TEMPLATE = 64;

/** An object as the daemon wrote it, and what Go type Docker reads it into. */
export interface Inspected {
  text: string;
  type: GoTypeName;
  /** Docker shows what it read into that type, not the text, and a template has nothing else to look at. */
  asRead?: boolean;
}

/**
 * @param format `''` for indented JSON, `json`, or a template
 * @throws ExitError with a line for each object that failed
 */
export async function inspectAll(
  context: CommandContext,
  names: readonly string[],
  format: string,
  fetch: (name: string) => Promise<Inspected>,
): Promise<void> {
  const template = format === '' || format === 'json' ? undefined : parse(format);
  const found: string[] = [];
  const problems: string[] = [];
  let output = '';
  for (const name of names) {
    try {
      const inspected = await fetch(name);
      if (template) output += `${runTemplate(template, inspected)}\n`;
      else found.push(shownText(inspected));
    } catch (error) {
      problems.push(errorLine(error));
    }
  }
  if (template) await context.out(output === '' ? '\n' : output);
  else await context.out(`${listText(found, format)}\n`);
  if (problems.length > 0) throw new ExitError(1, problems.join('\n'));
}

function listText(found: string[], format: string): string {
  const list = `[${found.join(',')}]`;
  return format === 'json' ? compactJson(list) : indentJson(list);
}

function shownText({ text, type, asRead }: Inspected): string {
  return asRead
    ? goJson(typed(type, JSON.parse(text))).replace(/[<>&]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)
    : text.trim();
}

function parse(format: string): Template {
  try {
    return new Template(format);
  } catch (error) {
    throw new ExitError(BAD_TEMPLATE, `template parsing error: ${messageOf(error)}`, { cause: error });
  }
}

/** First over the typed object, then, when that fails, over the document as it is. */
function runTemplate(template: Template, { text, type, asRead }: Inspected): string {
  try {
    return template.run(typed(type, JSON.parse(text)));
  } catch (first) {
    if (asRead) throw new Error(`template parsing error: ${messageOf(first)}`, { cause: first });
    try {
      return template.run(readJson(text), { missingKeyIsError: true });
    } catch (error) {
      throw new Error(`template parsing error: ${messageOf(error)}`, { cause: error });
    }
  }
}
