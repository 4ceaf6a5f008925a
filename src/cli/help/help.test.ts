/** Every help text of Docker 28.2.2, at three widths, to the byte. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { helpOf, helpPaths } from './help-data.ts';
import { helpText } from './usage.ts';

interface Recorded {
  origin: string;
  texts: Record<string, string>;
}

describe.each([80, 120, 40])('help texts at %i columns', (width) => {
  const recorded = JSON.parse(
    readFileSync(new URL(`../../../test/data/cli-help/docker-28.2.2-${width}-columns.json`, import.meta.url), 'utf8'),
  ) as Recorded;

  it('covers every command', () => {
    expect(
      helpPaths()
        .map((path) => `docker ${path}`.trim())
        .sort(),
    ).toEqual(Object.keys(recorded.texts).sort());
  });

  it.each(Object.keys(recorded.texts))('%s', (command) => {
    const entry = helpOf(command.slice('docker '.length));
    expect(entry && helpText(entry, { width, configDirectory: '/oracle/dockercfg' })).toBe(recorded.texts[command]);
  });
});

describe.each(['buildx-0.25.0', 'compose-2.26.1'])('help texts of %s', (program) => {
  const recorded = JSON.parse(
    readFileSync(new URL(`../../../test/data/cli-help/${program}-80-columns.json`, import.meta.url), 'utf8'),
  ) as Recorded;

  it.each(Object.keys(recorded.texts))('%s', (command) => {
    const entry = helpOf(command.slice('docker '.length));
    expect(entry && helpText(entry, { width: 80, configDirectory: '/root/.docker' })).toBe(recorded.texts[command]);
  });
});
