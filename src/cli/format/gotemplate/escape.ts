/** The functions `html`, `js` and `urlquery` of Go's templates. */

const HTML: Record<string, string> = { '\0': '\uFFFD', '"': '&#34;', "'": '&#39;', '&': '&amp;', '<': '&lt;', '>': '&gt;' };

export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (letter) => HTML[letter] ?? letter);
}

const SCRIPT: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

export function escapeScript(text: string): string {
  return text.replace(/[\\'"<>&=]|[\0-\x1f\x7f]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (letter) => {
    const code = letter.codePointAt(0) ?? 0;
    return SCRIPT[letter] ?? `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

export function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
