/** Go's `%q`: a string in double quotes, with what does not print escaped. */
const ESCAPES: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

export function quote(text: string): string {
  let result = '"';
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    const escape = ESCAPES[letter];
    if (escape !== undefined) result += escape;
    else if (PRINTABLE.test(letter)) result += letter;
    else if (code < 0x80) result += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code < 0x10000) result += `\\u${code.toString(16).padStart(4, '0')}`;
    else result += `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return `${result}"`;
}
