/**
 * White space as Go's `unicode.IsSpace` has it, which differs from JavaScript's in U+0085 and U+FEFF.
 */
const spaces = '\\t\\n\\v\\f\\r \\x85\\xA0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const space = new RegExp(`[${spaces}]`);
const leading = new RegExp(`^[${spaces}]+`);

export function isSpace(char: string): boolean {
  return space.test(char);
}

/** Go's `strings.TrimSpace`. */
export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text[end - 1]!)) end--;
  return trimSpaceStart(text.slice(0, end));
}

export function trimSpaceStart(text: string): string {
  return text.replace(leading, '');
}

/** Takes these characters off the end; in linear time, which a pattern would not be. */
export function trimEndOf(text: string, chars: string): string {
  let end = text.length;
  while (end > 0 && chars.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}
