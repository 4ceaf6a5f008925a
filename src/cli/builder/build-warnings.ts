/**
 * What is said of a build's warnings: below its progress, and as the answer to `docker build --check`.
 * Source: docker/buildx commands/build.go, printWarnings; BuildKit frontend/subrequests/lint.
 */
import type { WarningUpdate } from './progress/solve-status.ts';
import { textOf } from './progress/text-of.ts';
import { excerptOf, printExcerpt } from './source-excerpt.ts';

const YELLOW = '\x1b[33m';
const RESET = '\x1b[0m';

/** @param expanded with explanations and the lines they are about: `docker --debug` */
export function printWarnings(given: readonly WarningUpdate[], expanded: boolean): string {
  const warnings = distinct(given);
  if (warnings.length === 0) return '';
  const count = warnings.length === 1 ? '1 warning found' : `${warnings.length} warnings found`;
  const heading = `\n ${YELLOW}${count}${expanded ? '' : ' (use docker --debug to expand)'}:\n${RESET}`;
  return heading + warnings.map((warning) => ` - ${textOf(warning.short)}\n${expanded ? details(warning) : ''}`).join('');
}

/** The same of several steps is one. */
function distinct(warnings: readonly WarningUpdate[]): WarningUpdate[] {
  return [...new Map(warnings.map((warning) => [JSON.stringify({ ...warning, vertex: '' }), warning])).values()];
}

function details({ detail = [], url, sourceInfo, range = [] }: WarningUpdate): string {
  const lines = detail.map((text) => `${textOf(text)}\n`).join('');
  const link = url ? `More info: ${url}\n` : '';
  const [first] = range;
  const start = first?.start?.line ?? 0;
  const end = first?.end?.line ?? start;
  const excerpt = sourceInfo && first ? printExcerpt(sourceInfo.filename ?? '', excerptOf(textOf(sourceInfo.data), start, end)) : '';
  return `${lines}${link}${excerpt}\n`;
}

/** A finding of `docker build --check`, as `POST /build?version=2&check=1` gives it. */
export interface CheckWarning {
  rule: string;
  description: string;
  url: string;
  message: string;
  startLine: number;
  endLine: number;
}

/** @param file what the Dockerfile is called @param source its text */
export function printCheck(warnings: readonly CheckWarning[], file: string, source: string): string {
  const count = warnings.length === 1 ? '1 warning has been found!' : `${warnings.length} warnings have been found!`;
  const sorted = [...warnings].sort((a, b) => a.startLine - b.startLine);
  const texts = sorted.map(({ rule, url, message, startLine, endLine }) => {
    const link = url === '' ? '' : ` - ${url}`;
    return `\nWARNING: ${rule}${link}\n${message}\n${printExcerpt(file, excerptOf(source, startLine, endLine))}`;
  });
  return warnings.length === 0 ? 'Check complete, no warnings found.\n' : `Check complete, ${count}\n${texts.join('')}`;
}
