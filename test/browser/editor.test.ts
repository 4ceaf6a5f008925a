/** What the editor knows of the files that a student writes: completion, explanations, what is wrong. */
import { expect, test } from 'vitest';
import type { Studio } from './browser.ts';
import { studioTests } from './studio-tests.ts';

const tests = studioTests();
let studio: Studio;

/** Waits until the open file's lines are these. */
async function shows(text: string): Promise<void> {
  const lines = studio.page.locator('.view-line');
  await expect.poll(async () => (await lines.allInnerTexts()).join('\n').replaceAll('\u00a0', ' ')).toBe(text);
}

async function newFile(name: string): Promise<void> {
  const { page } = studio;
  await page.getByRole('button', { name: 'New file' }).click();
  await page.keyboard.type(`${name}\n`);
  await page.getByRole('tab', { name }).waitFor();
  await page.locator('.monaco-editor').first().click();
}

async function pickSuggestion(label: RegExp): Promise<void> {
  const { page } = studio;
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-widget.visible .monaco-list-row', { hasText: label }).first().click();
}

/** What is said of the word, where the pointer rests on it. */
async function explain(word: string, said: RegExp): Promise<void> {
  const { page } = studio;
  await page.locator('.view-line span', { hasText: word }).last().hover();
  await page.locator('.monaco-hover:visible', { hasText: said }).waitFor();
  await page.mouse.move(0, 0);
}

test('a Dockerfile is completed, explained, and wrong where it is wrong', async () => {
  studio = await tests.open();
  const { page } = studio;
  await studio.prompt();
  await page.getByRole('button', { name: 'Files' }).click();
  await newFile('Dockerfile');
  await page.keyboard.type('FROM busybox\nWORKD');
  await page.locator('.squiggly-error').first().waitFor();
  await pickSuggestion(/^WORKDIR/);
  await page.keyboard.type('/app');
  await shows('FROM busybox\nWORKDIR /app');
  await explain('WORKDIR', /working directory/i);
  await page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
});

test('a compose file is completed, explained, and wrong where it is wrong', async () => {
  studio = await tests.open();
  const { page } = studio;
  await studio.prompt();
  await studio.focusTerminal();
  await studio.run("printf 'services:\\n  web:\\n    image: nginx\\n    port: 80\\n    restar' >compose.yaml");
  await page.getByRole('button', { name: 'Files' }).click();
  await page.getByRole('button', { name: 'compose.yaml', exact: true }).click();
  await page.locator('.monaco-editor').first().click();
  await page.keyboard.press('Control+End');
  await pickSuggestion(/^restart/);
  await page.keyboard.type('always');
  await shows('services:\n  web:\n    image: nginx\n    port: 80\n    restart: always');
  await page.locator('.squiggly-warning').first().waitFor();
  await explain('port', /Property port is not allowed/);
  await explain('restart', /restart policy/i);
});
