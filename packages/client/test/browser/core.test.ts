import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../convergence/world.ts';
import { scenarios } from '../scenarios/all.ts';
import { type OpenBrowser, openBrowser } from './open-browser.ts';

// The core's scenarios once more, in a real browser: IndexedDB, Web Locks, channels, and tabs that are pages.

let world: World;
let browser: OpenBrowser;
let profile: BrowserContext;
let page: Page;

beforeAll(async () => {
  world = await openWorld();
  browser = await openBrowser({ entry: new URL('core-page.ts', import.meta.url) });
  profile = await browser.newProfile();
  page = await browser.openPage(profile);
});
afterAll(async () => {
  await browser.close();
  expect(world.faults).toEqual([]);
  await world[Symbol.asyncDispose]();
});

describe.each(Object.entries(scenarios))('%s', (group, ofGroup) => {
  test.each(ofGroup)('$name', async ({ name }) => {
    const { url, identityPoolId } = world;
    const call = [group, name, { url, identityPoolId }].map((value) => JSON.stringify(value)).join();
    await page.evaluate(`page.play(${call})`);
    // Tabs that scenarios opened are closed.
    await expect.poll(() => profile.pages().length).toBe(1);
  });
});
