/**
 * `(did you mean X?)`: the known word nearest to a misspelt one, at most two edits away.
 * Source: BuildKit util/suggest.
 */
const tooFar = 3;
/** Longer words are not compared; no known word is as long. */
const maxLength = 256;
/** More words than these are not looked at. */
const maxOptions = 1000;

/** The nearest option; undefined when none is near, or when the word is one of them. */
export function nearest(word: string, options: Iterable<string>, { ignoreCase = false } = {}): string | undefined {
  if (word.length > maxLength) return undefined;
  const wanted = ignoreCase ? word.toLowerCase() : word;
  let best: string | undefined;
  let bestDistance = tooFar;
  let looked = 0;
  for (const option of options) {
    if (++looked > maxOptions) break;
    const candidate = ignoreCase ? option.toLowerCase() : option;
    if (candidate === wanted) return undefined;
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate);
    if (distance >= bestDistance) continue;
    bestDistance = distance;
    best = ignoreCase ? inCaseOf(word, candidate) : candidate;
  }
  return best === '' ? undefined : best;
}

/** The message with a suggestion, when there is one. */
export function suggesting(message: string, word: string, options: Iterable<string>, settings?: { ignoreCase?: boolean }): string {
  const match = nearest(word, options, settings);
  return match === undefined ? message : `${message} (did you mean ${match}?)`;
}

function inCaseOf(pattern: string, text: string): string {
  if (pattern === pattern.toLowerCase()) return text.toLowerCase();
  return pattern === pattern.toUpperCase() ? text.toUpperCase() : text;
}

/** Levenshtein's: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
