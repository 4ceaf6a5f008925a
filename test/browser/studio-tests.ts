/** What the browser tests of a file share: one browser and the served page; after each test the page has had nothing to complain of. */
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launch, servePage, Studio } from './browser.ts';

export interface StudioTests {
  /** The page's address; ends with a slash. */
  readonly url: string;
  /** The page, opened. A test opens one. */
  open(): Promise<Studio>;
  /** A tab in which nothing has been opened yet. */
  blank(options?: BrowserContextOptions): Promise<Studio>;
}

/** @param isExpected complaints that belong to what is tested */
export function studioTests(isExpected: (complaint: string) => boolean = () => false): StudioTests {
  let browser: Browser;
  let served: Awaited<ReturnType<typeof servePage>>;
  let studio: Studio | undefined;

  beforeAll(async () => {
    [browser, served] = await Promise.all([launch(), servePage()]);
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
  });
  afterEach(async () => {
    await studio?.close();
    expect(studio?.complaints.filter((complaint) => !isExpected(complaint))).toEqual([]);
  });

  return {
    get url() {
      return served.url;
    },
    open: async () => (studio = await Studio.open(browser, served.url)),
    blank: async (options) => (studio = new Studio(await browser.newPage(options))),
  };
}
