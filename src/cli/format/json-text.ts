/**
 * JSON as text: indented or read without losing what JavaScript's own parser loses: how numbers were
 * written, and the order of keys that look like numbers.
 */
import { GoList, GoMap, JsonNumber, type GoValue } from './gotemplate/value.ts';

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:])/y;

/** Go's `json.Indent`, with four blanks unless said otherwise. The text must be JSON. */
export function indentJson(text: string, indent = '    '): string {
  let result = '';
  let depth = 0;
  let previous = '';
  const newline = (): string => `\n${indent.repeat(depth)}`;
  for (const token of tokens(text)) {
    if (token === '}' || token === ']') {
      depth--;
      // An empty one stays on its line.
      result += previous === '{' || previous === '[' ? token : newline() + token;
    } else {
      if (previous === '{' || previous === '[') result += newline();
      result += token;
      if (token === '{' || token === '[') depth++;
      else if (token === ',') result += newline();
      else if (token === ':') result += ' ';
    }
    previous = token;
  }
  return result;
}

/** The same without blanks. */
export function compactJson(text: string): string {
  return tokens(text).join('');
}

/** A document as Go decodes it into an `interface{}`, numbers as they are written. */
export function readJson(text: string): GoValue {
  const list = tokens(text);
  let at = 0;
  return value();

  function value(): GoValue {
    const token = list[at++] ?? 'null';
    if (token === '[') {
      const elements: GoValue[] = [];
      while (list[at] !== ']') {
        elements.push(value());
        if (list[at] === ',') at++;
      }
      at++;
      return new GoList(elements, 'interface {}');
    }
    if (token === '{') {
      const entries = new Map<string, GoValue>();
      while (list[at] !== '}') {
        const key = JSON.parse(list[at] ?? '""') as string;
        at += 2;
        entries.set(key, value());
        if (list[at] === ',') at++;
      }
      at++;
      return new GoMap(entries, 'interface {}');
    }
    if (/^[-\d]/.test(token)) return new JsonNumber(token);
    return JSON.parse(token) as string | boolean | null;
  }
}

function tokens(text: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) found.push(match[1] ?? '');
  return found;
}
