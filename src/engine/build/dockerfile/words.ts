/**
 * The forms that an instruction's arguments take in the text: words, `name=value` pairs, JSON arrays. Quotes stay on;
 * they come off when variables are expanded.
 * Source: BuildKit frontend/dockerfile/parser/line_parsers.go.
 */
import { quote as goQuote } from '../../go-quote.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { isSpace, trimSpaceStart } from './go-space.ts';
import { splitOnce } from './split-line.ts';

/** Words parted by white space that is neither quoted nor escaped. */
export function parseWords(text: string, escape: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  let quoted = false;
  const end = (): void => {
    if (quoted || word !== '') words.push(word);
    word = '';
    quoted = false;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quote === '' && isSpace(char)) {
      end();
      continue;
    }
    if (quote === '' && (char === "'" || char === '"')) {
      quote = char;
      quoted = true;
    } else if (char === quote) quote = '';
    if (char === escape && quote !== "'") {
      // The escape at the end of all is dropped.
      if (at + 1 === text.length) break;
      word += char + text[++at]!;
    } else word += char;
  }
  end();
  return words;
}

/** Words parted by blanks, whatever quotes there are. */
export function splitBlanks(text: string): string[] {
  return text === '' ? [] : text.split(/[\t\v\f\r ]+/);
}

/** `NAME=value …`, or the older `NAME value`; three arguments for each pair: name, value, and `=` or nothing. */
export function parsePairs(text: string, instruction: string, escape: string): string[] {
  const words = parseWords(text, escape);
  if (words.length === 0) return [];
  if (!words[0]!.includes('=')) {
    const [name, value] = splitOnce(text);
    if (value === undefined) throw new DockerfileError(`${instruction} must have two arguments`);
    return [name, value, ''];
  }
  return words.flatMap((word) => {
    const at = word.indexOf('=');
    if (at < 0) throw new DockerfileError(`Syntax error - can't find = in ${goQuote(word)}. Must be of the form: name=value`);
    return [word.slice(0, at), word.slice(at + 1), '='];
  });
}

/**
 * The JSON form: an array of strings. Undefined when the text is no JSON array at all.
 *
 * @throws DockerfileError when it is one, but not of strings
 */
export function parseJsonForm(text: string): string[] | undefined {
  const json = trimSpaceStart(text);
  if (!json.startsWith('[')) return undefined;
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!Array.isArray(list) || list.some((element) => typeof element === 'number' && !Number.isFinite(element))) return undefined;
  if (!list.every((element) => typeof element === 'string')) {
    throw new DockerfileError('when using JSON array syntax, arrays must be comprised of strings only');
  }
  return list.map(wellFormed);
}

/** Half surrogate pairs become U+FFFD, as in Go. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}
