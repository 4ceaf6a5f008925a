/**
 * `.dockerignore`: its lines to patterns.
 * Source: moby/patternmatcher ignorefile.
 */
import { EngineError } from '../../errors.ts';
import { cleanPath } from '../../go-path.ts';
import { trimSpace } from '../dockerfile/go-space.ts';

/** Bytes of a line. */
const maxLineBytes = 65_536;

/** @throws EngineError `invalid-parameter` when a line is too long */
export function readIgnoreFile(text: string): string[] {
  const patterns: string[] = [];
  for (const line of text.replace(/^\uFEFF/, '').split('\n')) {
    if (line.length > maxLineBytes / 3 && new TextEncoder().encode(line).length >= maxLineBytes) {
      throw new EngineError('invalid-parameter', 'bufio.Scanner: token too long');
    }
    if (line.startsWith('#')) continue;
    const trimmed = trimSpace(line);
    if (trimmed !== '') patterns.push(normalized(trimmed));
  }
  return patterns;
}

/** Paths from the root are relative to the context; an exclamation mark stays in front. */
function normalized(pattern: string): string {
  if (pattern.startsWith('!')) {
    const rest = trimSpace(pattern.slice(1));
    return `!${rest === '' ? '' : relative(cleanPath(rest))}`;
  }
  return relative(cleanPath(pattern));
}

function relative(path: string): string {
  return path.length > 1 && path.startsWith('/') ? path.slice(1) : path;
}
