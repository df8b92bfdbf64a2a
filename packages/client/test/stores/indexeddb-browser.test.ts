import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { localStoreContract } from '../../src/testing/local-store-contract.ts';
import { type OpenBrowser, openBrowser } from '../browser/open-browser.ts';

const entry = new URL('indexeddb-page.ts', import.meta.url);
let browser: OpenBrowser;

beforeAll(async () => {
  browser = await openBrowser({ entry });
});
afterAll(() => browser.close());

describe('in Chromium', () => {
  let page: Page;
  beforeAll(async () => {
    page = await browser.openPage();
  });

  test.each(localStoreContract.map(({ name }) => name))('%s', (name) =>
    page.evaluate(`page.runCase(${JSON.stringify(name)})`),
  );

  test('follows a model', () => page.evaluate('page.followModel(15)'));
});

describe('pages', () => {
  let profile: BrowserContext;
  let first: Page;
  let second: Page;

  beforeEach(async () => {
    profile = await browser.newProfile();
    first = await browser.openPage(profile);
    second = await browser.openPage(profile);
    return () => profile.close();
  });

  test('of one profile lose no commit of each other', async () => {
    await Promise.all([first.evaluate('page.count(60)'), second.evaluate('page.count(60)')]);
    expect(await first.evaluate(`page.revisions('counter')`)).toEqual([120]);
  });

  test('find nothing half done by a page that was killed', async () => {
    let told = 0;
    for (let kill = 1; kill <= 6; kill += 1) {
      const victim = await browser.openPage(profile);
      const target = told + kill * 3;
      const enough = Promise.withResolvers<void>();
      await victim.exposeFunction('tell', (revision: number) => {
        told = revision;
        if (revision >= target) enough.resolve();
      });
      const crashed = victim.waitForEvent('crash');
      victim.evaluate('page.moveOn(tell)').catch(() => {});
      await enough.promise;
      const inspector = await profile.newCDPSession(victim);
      inspector.send('Page.crash').catch(() => {});
      await crashed;
      await expectWhole(first, told);
      await victim.close();
    }
  });

  test('do not stand in the way of one that is newer, and are told', async () => {
    await first.evaluate('page.count(1)');
    await second.evaluate('page.upgradeByHand()');
    expect(await first.evaluate('page.write(4).catch((error) => [error.code, error.message])')).toEqual([
      'STORE',
      'A newer version of this site has written the database. Reload the page.',
    ]);
  });

  test('begin anew after one has deleted the database', async () => {
    await first.evaluate('page.count(3)');
    await second.evaluate('page.deleteByHand()');
    await first.evaluate('page.count(1)');
    expect(await second.evaluate(`page.revisions('counter')`)).toEqual([1]);
  });
  test('are told when there is no space left, and nothing is written', async () => {
    // Before the first write: Chromium remembers for a while how much space it found.
    const inspector = await profile.newCDPSession(first);
    await inspector.send('Storage.overrideQuotaForOrigin', { origin: browser.origin, quotaSize: 1_000_000 });
    expect(await first.evaluate('page.write(1_000)')).toBe(true);
    expect(await first.evaluate('page.write(4_000_000)')).toMatchObject({
      code: 'STORE',
      message: 'The browser has no space left for this site. Nothing was written.',
    });
    expect(await second.evaluate(`page.revisions('written')`)).toEqual([1, 1]);
    await inspector.send('Storage.overrideQuotaForOrigin', { origin: browser.origin });
    expect(await first.evaluate('page.write(4_000_000)')).toBe(true);
    expect(await second.evaluate(`page.revisions('written')`)).toEqual([2, 2]);
  });

  test('begin anew when the browser throws their data away', async () => {
    await first.evaluate('page.count(3)');
    const inspector = await profile.newCDPSession(second);
    await inspector.send('Storage.clearDataForOrigin', { origin: browser.origin, storageTypes: 'indexeddb' });
    await first.evaluate('page.count(1)');
    expect(await first.evaluate(`page.revisions('counter')`)).toEqual([1]);
  });
});

test('a browser that is killed has kept every commit that it told of', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdall-profile-'));
  let told = 0;
  let origin: string | undefined;
  for (let kill = 1; kill <= 2; kill += 1) {
    const killed = await openBrowser({
      entry,
      directory,
      ...(origin && { port: Number(new URL(origin).port) }),
    });
    origin = killed.origin;
    const page = await killed.openPage();
    await expectWhole(page, told);
    const target = told + 10;
    const enough = Promise.withResolvers<void>();
    await page.exposeFunction('tell', (revision: number) => {
      told = revision;
      if (revision >= target) enough.resolve();
    });
    page.evaluate('page.moveOn(tell)').catch(() => {});
    await enough.promise;
    const closed = new Promise((resolve) => page.context().once('close', resolve));
    process.kill(await processIdOf(page), 'SIGKILL');
    await closed;
    await killed.close();
  }
  const again = await openBrowser({
    entry,
    directory,
    ...(origin && { port: Number(new URL(origin).port) }),
  });
  await expectWhole(await again.openPage(), told);
  await again.close();
  rmSync(directory, { recursive: true });
});

/** Both datasets that `moveOn` moves are at the same revision, of which all records are, and none is lost. */
async function expectWhole(page: Page, told: number): Promise<void> {
  const [a, b] = await page.evaluate<number[][]>(`Promise.all([page.revisions('a'), page.revisions('b')])`);
  expect(a?.[0] ?? 0).toBeGreaterThanOrEqual(told);
  expect(new Set(a).size).toBeLessThanOrEqual(1);
  expect(b).toEqual(a);
}

async function processIdOf(page: Page): Promise<number> {
  const inspector = await page.context().browser()?.newBrowserCDPSession();
  const { processInfo = [] } = (await inspector?.send('SystemInfo.getProcessInfo')) ?? {};
  const found = processInfo.find(({ type }) => type === 'browser');
  if (found === undefined) throw new Error('Chromium does not tell its process id.');
  return found.id;
}
