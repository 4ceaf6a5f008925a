/** Short forms of ids, texts and labels that tables show. */
import { compareStrings } from './gotemplate/value.ts';
import { textWidth } from './tabwriter.ts';

const SHORT_ID_LENGTH = 12;

/** The id as tables show it: no algorithm, twelve letters. */
export function truncateId(id: string): string {
  const colon = id.indexOf(':');
  return (colon < 0 ? id : id.slice(colon + 1)).slice(0, SHORT_ID_LENGTH);
}

/** At most `columns` wide, with `…` in place of what is cut off. */
export function ellipsis(text: string, columns: number): string {
  if (columns < 1 || textWidth(text) <= columns) return text;
  if (columns === 1) return [...text][0] ?? '';
  let shown = '';
  let width = 0;
  for (const letter of text) {
    width += textWidth(letter);
    if (width > columns - 1) break;
    shown += letter;
  }
  return `${shown}…`;
}

/** `a=1,b=2`, sorted. */
export function joinLabels(labels: Record<string, string> | null | undefined): string {
  return Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort(compareStrings)
    .join(',');
}

/** What a column of one label is called: the last part of its name. */
export function labelHeader(name: string): string {
  return (name.split('.').at(-1) ?? '').replace(/[-_]/g, ' ');
}
