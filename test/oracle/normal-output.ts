/** What a command printed, without what is never the same twice. */
const rules: [RegExp, string][] = [
  [/<(?:ID|SW)\d+(?::\d+)?>/g, '<ID>'],
  [/\b[0-9a-f]{64}\b/g, '<ID>'],
  [/\b[0-9a-f]{12}\b/g, '<ID>'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| ?[+-]\d\d:?\d\d(?: \w+)?)?/g, '<TS>'],
  [/<TS>(?:\.\d+)?Z?/g, '<TS>'],
  [/\b(?:Less than a second|About an? \w+|\d+ (?:second|minute|hour|day|week|month|year)s?)(?= ago)/g, '<AGE>'],
  [/Up (?:Less than a second|About an? \w+|\d+ \w+)/g, 'Up <AGE>'],
  [/\b\d+(?:\.\d+)?m?s\b/g, '<TIME>'],
  [/\b(?:172|10|192)\.\d+\.\d+\.\d+/g, '<IP>'],
  [/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, '<MAC>'],
  [/\b(?:32|49)\d{3}\b/g, '<PORT>'],
  [/\b[a-z]+_[a-z]+\d?\b(?=\s*$)/gm, '<NAME>'],
  // Busybox, of the recording's architecture and of ours.
  [/\b1\.(?:98|14)\d?MB\b/g, '<BUSYBOX>'],
  // Its labels, in a list and in a document: the recording's had none.
  [/dev\.drydock\.[^\n"]*?image\.version=1\.35\.0,?/g, ''],
  [/^ *"(?:dev\.drydock|org\.opencontainers)\.[^\n]*\n/gm, ''],
  [/,(\s*\})/g, '$1'],
  [/\{\s*\}/g, '{}'],
  [/\r/g, ''],
  [/[ \t]+/g, ' '],
  [/ $/gm, ''],
  [/-{3,}/g, '---'],
];

export function normal(text: string): string {
  return rules.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), text).trim();
}
