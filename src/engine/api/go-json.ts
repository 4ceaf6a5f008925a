/**
 * What Go's JSON decoder says about text that is no JSON. Only looked at after `JSON.parse` has refused it.
 * Source: Go, encoding/json/scanner.go.
 */

/** The first mistake, e.g. `invalid character 'x' looking for beginning of value`; undefined when a value is followed by more. */
export function jsonMistake(text: string): string | undefined {
  try {
    skipValue(text, skipSpace(text, 0));
    return undefined;
  } catch (error) {
    if (error instanceof Mistake) return error.message;
    throw error;
  }
}

/** The first mistake of a text that must be one value and nothing else, as `json.Compact` and `json.Unmarshal` see it. */
export function jsonTextMistake(text: string): string | undefined {
  try {
    const end = skipSpace(text, skipValue(text, skipSpace(text, 0)));
    if (end < text.length) fail(text, end, 'after top-level value');
    return undefined;
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    return error.message === 'unexpected EOF' ? 'unexpected end of JSON input' : error.message;
  }
}

/**
 * The value that a text begins with, as a `json.Decoder` reads it: what follows is not looked at.
 *
 * @throws Error with Go's words
 */
export function firstJsonValue(text: string): unknown {
  return JSON.parse(text.slice(0, skipValue(text, skipSpace(text, 0))));
}

class Mistake extends Error {}

const maxDepth = 10_000;

function fail(text: string, at: number, where: string): never {
  if (at >= text.length) throw new Mistake('unexpected EOF');
  throw new Mistake(`invalid character ${quote(String.fromCodePoint(text.codePointAt(at)!))} ${where}`);
}

function quote(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return `'"'`;
  return `'${JSON.stringify(char).slice(1, -1)}'`;
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++;
  return at;
}

/** Skips one value without recursion, so that deep nesting is no danger. */
function skipValue(text: string, start: number): number {
  const open: ('{' | '[')[] = [];
  let at = start;
  for (;;) {
    const char = text[at];
    if (char === '{' || char === '[') {
      open.push(char);
      if (open.length > maxDepth) throw new Mistake('exceeded max depth');
      at = skipSpace(text, at + 1);
      if (text[at] !== (char === '{' ? '}' : ']')) {
        if (char === '{') at = skipKey(text, at);
        continue;
      }
    } else at = skipScalar(text, at);
    // A value has ended, or an empty object or array is at its closing bracket.
    for (;;) {
      const inside = open.at(-1);
      if (!inside) return at;
      at = skipSpace(text, at);
      if (text[at] === ',') {
        at = skipSpace(text, at + 1);
        if (inside === '{') at = skipKey(text, at);
        break;
      }
      if (text[at] !== (inside === '{' ? '}' : ']')) fail(text, at, inside === '{' ? 'after object key:value pair' : 'after array element');
      open.pop();
      at++;
    }
  }
}

function skipKey(text: string, start: number): number {
  if (text[start] !== '"') fail(text, start, 'looking for beginning of object key string');
  const at = skipSpace(text, skipString(text, start));
  if (text[at] !== ':') fail(text, at, 'after object key');
  return skipSpace(text, at + 1);
}

function skipScalar(text: string, at: number): number {
  const char = text[at] ?? '';
  if (char === '"') return skipString(text, at);
  if (char === '-' || /^[0-9]$/.test(char)) return skipNumber(text, at);
  const word = { t: 'true', f: 'false', n: 'null' }[char];
  if (!word) fail(text, at, 'looking for beginning of value');
  for (let i = 1; i < word.length; i++) if (text[at + i] !== word[i]) fail(text, at + i, `in literal ${word} (expecting '${word[i]}')`);
  return at + word.length;
}

function skipString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const char = text[at];
    if (char === '"') return at + 1;
    if (char === undefined || char < ' ') fail(text, at, 'in string literal');
    if (char !== '\\') continue;
    at++;
    if (text[at] === 'u') {
      for (let i = 0; i < 4; i++) if (!/^[0-9a-fA-F]$/.test(text[++at] ?? '')) fail(text, at, 'in \\u hexadecimal character escape');
    } else if (!text[at] || !'"\\/bfnrt'.includes(text[at]!)) fail(text, at, 'in string escape code');
  }
}

function skipNumber(text: string, start: number): number {
  const digit = (at: number): boolean => /^[0-9]$/.test(text[at] ?? '');
  let at = text[start] === '-' ? start + 1 : start;
  if (!digit(at)) fail(text, at, 'in numeric literal');
  if (text[at] === '0') at++;
  else while (digit(at)) at++;
  if (text[at] === '.') {
    if (!digit(++at)) fail(text, at, 'after decimal point in numeric literal');
    while (digit(at)) at++;
  }
  if (text[at] === 'e' || text[at] === 'E') {
    if ('+-'.includes(text[++at] || ' ')) at++;
    if (!digit(at)) fail(text, at, 'in exponent of numeric literal');
    while (digit(at)) at++;
  }
  return at;
}
