/**
 * Writes docs/coverage.md from the tags in the code: `@api` on routes, `@cli` on commands. What has no tag is not
 * there; what is there in part or refused says so. `--check` fails when the page is not what the tags say.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.ts';

interface Tag {
  kind: 'api' | 'cli';
  /** `Y` works, `P[…]` in part, `N[…]` refused. */
  status: string;
  name: string;
  title: string;
}

const pattern = /@(api|cli)\s+([YPN](?:\[[^\]]*\])?)\s+(.+?)\s+"([^"]*)"/g;
const words: Record<string, string> = { Y: 'works', P: 'partly', N: 'refused' };

const page = join(root, 'docs/coverage.md');
const text = render(tags());
if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== text) {
    console.error('docs/coverage.md is not what the tags in the code say: run npm run fix');
    process.exit(1);
  }
} else {
  writeFileSync(page, text);
}

function tags(): Tag[] {
  const found: Tag[] = [];
  for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.ts$/.test(entry.name) || entry.name.endsWith('.test.ts')) continue;
    const source = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    for (const [, kind, status = '', name = '', title = ''] of source.matchAll(pattern)) {
      found.push({ kind: kind as Tag['kind'], status, name, title });
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function render(all: Tag[]): string {
  const table = (kind: Tag['kind'], heading: string): string => {
    const rows = all.filter((tag) => tag.kind === kind).map(row);
    return `## ${heading}\n\n| | what | state |\n|---|---|---|\n${rows.join('\n')}\n`;
  };
  return [
    '# What is covered\n\nWritten by `bin/coverage.ts` from the tags in the code. What is not listed is not there yet and answers so.\n',
    table('cli', 'Commands'),
    table('api', 'Engine API'),
  ].join('\n');
}

function row({ kind, status, name, title }: Tag): string {
  const why = /\[(.*)\]/.exec(status)?.[1];
  const what = kind === 'api' ? name.replace(/\s+\S+$/, '').replace(/\s+/, ' ') : name;
  return `| \`${what}\` | ${title} | ${words[status[0] ?? '']}${why ? `: ${why}` : ''} |`;
}
