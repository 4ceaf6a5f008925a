import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

/** Custom properties of the first rule that follows the selector. */
function tokens(selector: string): Map<string, string> {
  const body = css.slice(css.indexOf(selector)).split('{')[1]?.split('}')[0] ?? '';
  return new Map([...body.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name = '', value = '']) => [name, value]));
}

const light = tokens(':root {');
const dark = tokens(":root[data-theme='dark']");
const themes = { light, dark: new Map([...light, ...dark]) };

/** WCAG 2.2, "contrast ratio". */
function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const surfaces = ['--paper', '--panel', '--raised'];
const texts: [string, string[]][] = [
  ['--ink', [...surfaces, '--accent-soft']],
  ['--soft', surfaces],
  ['--accent-ink', [...surfaces, '--accent-soft']],
  ['--ok', ['--paper', '--panel']],
  ['--on-ok', ['--ok']],
  ['--on-solid', ['--solid']],
  ['--foam', ['--sea', '--sea-deep', '--sea-raised']],
  ['--foam-soft', ['--sea', '--sea-deep']],
  ['--sea-ok', ['--sea']],
  ['--sea-accent', ['--sea', '--sea-deep']],
  ['--on-ship', ['--ship1', '--ship2', '--ship3', '--ship4', '--ship5']],
  ...['keyword', 'name', 'string', 'number', 'comment'].map((kind): [string, string[]] => [`--code-${kind}`, ['--raised']]),
];

describe.each(Object.entries(themes))('%s', (_, theme) => {
  const colour = (name: string) => theme.get(name) ?? expect.fail(`no token ${name}`);

  test.each(texts)('%s can be read on what it stands on', (text, grounds) => {
    for (const ground of grounds) expect(contrast(colour(text), colour(ground)), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  test('the accent can be seen as a mark', () => {
    for (const ground of surfaces) expect(contrast(colour('--accent'), colour(ground)), `--accent on ${ground}`).toBeGreaterThanOrEqual(3);
  });
});

test('both ways to dark have the same tokens', () => {
  expect([...tokens(":root:not([data-theme='light'])")]).toEqual([...dark]);
});
