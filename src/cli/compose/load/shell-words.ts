/**
 * A command in one string to its arguments, without a shell: quotes and backslashes count, variables do not, and an
 * operator ends the line.
 * Source: mattn/go-shellwords v1.0.12.
 */

/** @throws Error `invalid command line string` */
export function splitShellWords(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let inWord = false;
  let escaped = false;
  let mark: '"' | "'" | '`' | '$(' | undefined;
  for (const letter of line) {
    if (escaped) {
      word += letter;
      escaped = false;
      inWord = true;
    } else if (letter === '\\' && mark !== "'") {
      escaped = true;
    } else if (/[ \t\r\n]/.test(letter)) {
      if (mark) word += letter;
      else if (inWord) {
        words.push(word);
        word = '';
        inWord = false;
      }
    } else if ((letter === '"' || letter === "'") && (mark === undefined || mark === letter || mark === '`')) {
      // Inside backticks a quote opens one of its own; they end together.
      if (mark === letter) inWord = true;
      mark = mark === letter ? undefined : letter;
    } else {
      if (letter === '`' && (mark === undefined || mark === '`')) mark = mark ? undefined : '`';
      else if (letter === ')' && (mark === undefined || mark === '$(')) mark = mark ? undefined : '$(';
      else if (letter === '(' && (mark === undefined || mark === '$(')) {
        if (mark || !word.endsWith('$')) throw new Error('invalid command line string');
        mark = '$(';
        // Go goes on before it notes that a word has begun.
        word += letter;
        continue;
      } else if (mark === undefined && ';&|<>'.includes(letter)) {
        if (letter === '>' && /^\d/.test(word)) inWord = false;
        break;
      }
      inWord = true;
      word += letter;
    }
  }
  if (inWord) words.push(word);
  if (escaped || mark) throw new Error('invalid command line string');
  return words;
}
