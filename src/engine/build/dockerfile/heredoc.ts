/**
 * Here-documents: `<<EOF` in an instruction's words, and the lines that follow up to the name alone.
 * Source: BuildKit frontend/dockerfile/parser, heredocFromMatch.
 */
import { ShellLexer } from './shell/lexer.ts';

export interface Heredoc {
  name: string;
  /** The number before `<<`; nobody uses it. */
  fileDescriptor: number;
  /** Whether variables are expanded in it: the name is not quoted. */
  expand: boolean;
  /** `<<-`: leading tabs are taken off. */
  chomp: boolean;
  content: string;
}

const plain = new ShellLexer('\\', { skipUnset: true });
const quoted = new ShellLexer('\\', { skipUnset: true, rawQuotes: true });
const raw = new ShellLexer('\\', { skipUnset: true, rawQuotes: true, rawEscapes: true });
const nothing = new Map<string, string>();

/**
 * The here-document that a word starts, still without content.
 *
 * @throws DockerfileError when its quotes do not match
 */
export function parseHeredoc(word: string): Heredoc | undefined {
  const matched = /^(\d*)<<(-?)/.exec(word);
  if (!matched) return undefined;
  const rest = word.slice(matched[0].length).replace(/^[\t\n\f\r ]+/, '');
  if (rest === '' || rest.includes('<')) return undefined;
  const words = plain.process(rest, nothing).words;
  if (words.length !== 1) return undefined;
  const name = words[0]!;
  // With quotes kept, a quoted name has more of them.
  const withQuotes = quoted.process(rest, nothing).words.join(' ');
  const fileDescriptor = Math.min(Number(matched[1]), Number.MAX_SAFE_INTEGER);
  return { name, fileDescriptor, expand: quotesIn(name) === quotesIn(withQuotes), chomp: matched[2] === '-', content: '' };
}

/** The same for words that were looked at before: what is no here-document is none. */
export function heredocIn(word: string): Heredoc | undefined {
  try {
    return parseHeredoc(word);
  } catch {
    return undefined;
  }
}

/** All here-documents that a line starts, in order. */
export function heredocsIn(line: string): Heredoc[] {
  let words: string[];
  try {
    words = raw.process(line, nothing).words;
  } catch {
    return [];
  }
  return words.flatMap((word) => parseHeredoc(word) ?? []);
}

/** Takes the leading tabs of all lines off. */
export function chompTabs(content: string): string {
  return content.replace(/(^|\n)\t+/g, '$1');
}

/** What the lines mean: tabs taken off where that was asked for. */
export function chomped({ chomp, content }: Pick<Heredoc, 'chomp' | 'content'>): string {
  return chomp ? chompTabs(content) : content;
}

function quotesIn(text: string): number {
  return text.replace(/[^'"]/g, '').length;
}
