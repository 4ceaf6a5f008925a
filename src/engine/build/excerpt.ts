/**
 * The lines of a Dockerfile around those that something is wrong with.
 * Source: BuildKit solver/errdefs/source.go.
 */
import type { LineRange } from './dockerfile/dockerfile-error.ts';

/** Number, text, and whether it is one of those meant. */
export type ExcerptLine = [number: number, text: string, meant: boolean];

export function excerptOf(text: string, { start: first, end: last }: LineRange): ExcerptLine[] {
  const lines = text.split('\n');
  if (first < 1 || first > lines.length) return [];
  let start = first;
  let end = Math.min(last, lines.length);
  const wanted = start === end ? 4 : 2;
  for (let got = 0; got < wanted; got++) {
    if (start > 1) {
      start--;
      got++;
    }
    if (end < lines.length) {
      end++;
      got++;
    }
  }
  return lines.slice(start - 1, end).map((line, at) => [start + at, line, start + at >= first && start + at <= last]);
}
