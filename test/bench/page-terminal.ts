/**
 * Times what a person sees: from a key's event to the frame in which the terminal's rows show the answer. Both are
 * read off the page's own clock; what the test drives it with takes no part. Works on xterm's DOM renderer.
 */
import type { Page } from 'playwright-core';

const prompt = String.raw`node1 ~ \$`;

export class PageTerminal {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Before the page is loaded: notes when the first prompt is there. */
  static async watchFirstPrompt(page: Page): Promise<void> {
    await page.addInitScript(() => {
      const observer = new MutationObserver(() => {
        if (!document.querySelector('.xterm-rows')?.textContent.includes('node1')) return;
        observer.disconnect();
        requestAnimationFrame(() => performance.mark('first prompt'));
      });
      observer.observe(document, { subtree: true, childList: true, characterData: true });
    });
  }

  /** Milliseconds from the page's navigation to its first prompt. */
  async firstPromptMs(): Promise<number> {
    const mark = await this.#page.waitForFunction(() => performance.getEntriesByName('first prompt')[0]?.startTime, undefined, {
      timeout: 120_000,
    });
    return (await mark.jsonValue()) ?? NaN;
  }

  async focus(): Promise<void> {
    await this.#page.locator('.xterm-helper-textarea').first().focus();
  }

  /** Milliseconds from the Enter that ends `line` to the prompt after it. */
  async run(line: string): Promise<number> {
    await this.#page.keyboard.type('clear\n');
    await this.#shows(`^${prompt}$`);
    await this.#page.keyboard.type(line);
    await this.#shows(`${escape(line.slice(-20))}$`);
    return this.press('Enter', `^${prompt}$`);
  }

  /** Milliseconds from a key to the first frame whose last row that is not empty matches. */
  async press(key: string, pattern: string): Promise<number> {
    await this.#page.evaluate((source) => {
      const answered = new Promise<number>((resolve) => {
        let pressedAt = NaN;
        addEventListener('keydown', (event) => (pressedAt = event.timeStamp), { capture: true, once: true });
        const rows = document.querySelector('.xterm-rows')!;
        const observer = new MutationObserver(() => {
          const shown = [...rows.children].map((row) => row.textContent.trimEnd());
          const last = shown.findLast((row) => row !== '') ?? '';
          if (Number.isNaN(pressedAt) || !new RegExp(source).test(last)) return;
          observer.disconnect();
          resolve(performance.now() - pressedAt);
        });
        observer.observe(rows, { subtree: true, childList: true, characterData: true });
      });
      Object.assign(globalThis, { answered });
    }, pattern);
    await this.#page.keyboard.press(key);
    return this.#page.evaluate(() => (globalThis as unknown as { answered: Promise<number> }).answered);
  }

  async #shows(pattern: string): Promise<void> {
    await this.#page.waitForFunction(
      (source) => {
        const rows = [...document.querySelector('.xterm-rows')!.children].map((row) => row.textContent.trimEnd());
        return new RegExp(source).test(rows.findLast((row) => row !== '') ?? '');
      },
      pattern,
      { timeout: 120_000 },
    );
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
