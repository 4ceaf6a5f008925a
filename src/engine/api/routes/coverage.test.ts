import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Docker's own list: Engine API 1.50, moby v28.2.2, api/swagger.yaml (Apache-2.0). */
const operations = readFileSync(join(import.meta.dirname, '../../../../test/data/engine-api/operations.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

const sources = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'));
const tags = sources.flatMap((source) =>
  [...source.matchAll(/@api\s+[YPN](?:\[[^\]]*\])?\s+([A-Z]+ \S+)\s+(\w+)\s+"/g)].map(([, path, id]) => `${path} ${id}`),
);

describe('coverage tags', () => {
  it('name every endpoint of Docker’s API once', () => {
    expect([...tags].sort()).toEqual([...operations].sort());
  });

  it('stand at a route of that method and path each', () => {
    const routes = sources.flatMap((source) => [
      ...[...source.matchAll(/method: '([A-Z]+)',\s*pattern: '([^']+)'/g)].map(([, method, path]) => `${method} ${path}`),
      ...[...source.matchAll(/^ {4}\['([A-Z]+)', '([^']+)'/gm)].map(([, method, path]) => `${method} ${path}`),
    ]);
    for (const tag of tags) expect(routes).toContain(tag.split(' ').slice(0, 2).join(' '));
  });
});
