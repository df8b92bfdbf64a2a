import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type OpenBrowser, openBrowser } from '../browser/open-browser.ts';

let browser: OpenBrowser;
let page: Page;
const faults: string[] = [];

beforeAll(async () => {
  browser = await openBrowser({ entry: new URL('devtools-page.ts', import.meta.url) });
});
afterAll(() => browser.close());

beforeEach(async () => {
  const profile = await browser.newProfile();
  page = await browser.openPage(profile);
  faults.length = 0;
  page.on('pageerror', (error) => faults.push(`${error}`));
  page.on('console', (told) => void (told.type() === 'error' && faults.push(told.text())));
  return async () => {
    expect(faults).toEqual([]);
    await profile.close();
  };
});

const tools = () => page.getByRole('region', { name: 'Holdall developer tools' });
/** The view that is in front. */
const view = () => tools().getByRole('tabpanel');
const press = (name: string) => page.getByRole('button', { name }).click();

/** The cells of a row as text. */
const row = async (key: string) => {
  const cells = tools()
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name: key, exact: true }) });
  return cells.locator('th, td').allInnerTexts();
};

async function violations(): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = (await page.evaluate('axe.run()')) as axe.AxeResults;
  // In a shadow root a target is a list: that of the root's host, and that in the root.
  expect(passes.some(({ nodes }) => nodes.some(({ target }) => Array.isArray(target[0])))).toBe(true);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target} ${failureSummary}`),
  );
}

test('shows datasets with their records, and follows them', async () => {
  await page.evaluate('page.useTheApp()');
  await page.evaluate('page.mount(true)');
  await tools().getByText('5 records').waitFor();
  const notes = tools().locator('summary', { hasText: 'notes' });
  await notes.getByText('1 conflict').waitFor();
  await notes.getByText('3 dirty').waitFor();
  await notes.click();
  expect(await row('shopping')).toEqual([
    'shopping',
    'bread and milk',
    'bread',
    'butter',
    'conflict\ndirty',
    '1',
    expect.any(String),
  ]);
  expect(await row('idea')).toMatchObject([
    'idea',
    'not sent yet',
    'none',
    '–',
    'dirty',
    '0',
    expect.any(String),
  ]);
  expect(await row('gone')).toMatchObject(['gone', 'none', 'soon', '–', 'removed', '1', expect.any(String)]);
  expect(await row('fromElsewhere')).toMatchObject([
    'fromElsewhere',
    'a value',
    'same',
    '–',
    'synced',
    expect.any(String),
    expect.any(String),
  ]);
  expect((await row('long'))[1]).toContain('1,120 characters');

  await page.evaluate(`page.notes.set('idea', 'changed in this moment')`);
  await tools().getByText('changed in this moment').waitFor();
  await tools().getByLabel('Keys that contain').fill('IDEA');
  await tools().getByRole('rowheader', { name: 'shopping' }).waitFor({ state: 'detached' });
  expect(await row('idea')).toContain('changed in this moment');
});

test('shows what is in values as text', async () => {
  await page.evaluate('page.useTheApp()');
  await page.evaluate('page.mount(true)');
  await tools().locator('summary', { hasText: 'notes' }).click();
  await tools().getByText('<script>').first().waitFor();
  expect(await tools().locator('img, script').count()).toBe(0);
  expect(await page.evaluate('page.intruded')).toBe(false);
});

test('shows syncs with their requests, conflicts, and how the client is', async () => {
  await page.evaluate('page.mount(true)');
  await tools().getByText('nobody yet').waitFor();
  await page.evaluate('page.useTheApp()');
  for (const text of ['guest', 'online', 'live: live', 'leader tab'])
    await tools().getByText(text, { exact: true }).waitFor();
  await page.context().setOffline(true);
  await tools().getByText('offline', { exact: true }).waitFor();
  await page.context().setOffline(false);

  expect(await page.evaluate('page.failToSync()')).toBe('TIMEOUT');
  await page.getByRole('tab', { name: 'Syncs' }).click();
  const syncs = view().locator('summary');
  await syncs.filter({ hasText: 'TIMEOUT' }).waitFor();
  const first = syncs.filter({ hasText: '4 pushed' });
  await first.click();
  const requests = tools().getByRole('region', { name: 'Requests of a sync of notes' });
  await requests.getByText('GET /identitypools/…/identities/…/datasets/notes/records').waitFor();
  await requests.getByText('POST /identitypools/…/identities/…/datasets/notes', { exact: true }).waitFor();
  await tools().getByText('GET /identitypools/…/identities/…/changes').waitFor();

  await page.getByRole('tab', { name: 'Conflicts' }).click();
  await tools().getByRole('heading', { name: 'shopping in notes' }).waitFor();
  expect(await row('Base')).toMatchObject(['Base', 'bread', '1', '–', '–']);
  expect((await row('Here'))[1]).toBe('bread and milk');
  expect((await row('Remote'))[1]).toBe('butter');
  await page.evaluate(`page.notes.resolveConflict('shopping', { use: 'local' })`);
  await view().locator('[data-empty]:empty').waitFor({ state: 'attached' });
  expect(await view().locator('article').count()).toBe(0);
});

test('works by keyboard alone', async () => {
  await page.evaluate('page.useTheApp()');
  await page.evaluate('page.mount(false)');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  // What it shows is read from the store.
  await tools().getByText('notes', { exact: false }).first().waitFor();
  const focused = () => page.evaluate('document.activeElement.shadowRoot.activeElement.innerText');
  expect(await focused()).toBe('Datasets');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect(await focused()).toContain('notes');
  await page.keyboard.press('Enter');
  await tools().getByLabel('Records of notes').waitFor();
  await page.keyboard.press('Tab');
  const table = 'document.activeElement.shadowRoot.activeElement.getAttribute("aria-label")';
  expect(await page.evaluate(table)).toBe('Records of notes');
  await page.evaluate(`page.notes.set('idea', 'while somebody reads')`);
  await tools().getByText('while somebody reads').waitFor();
  expect(await page.evaluate(table)).toBe('Records of notes');
  for (let presses = 0; presses < 4; presses += 1) await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('ArrowRight');
  expect(await focused()).toBe('Syncs');
  await page.keyboard.press('End');
  expect(await focused()).toBe('Conflicts');
  await page.keyboard.press('ArrowRight');
  expect(await focused()).toBe('Datasets');
  await page.keyboard.press('Escape');
  expect(await focused()).toBe('Holdall');
  expect(await tools().count()).toBe(0);
});

test('copies a bug report, or shows it where the clipboard is closed', async () => {
  await page.evaluate('page.useTheApp()');
  await page.evaluate('page.mount(true)');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await press('Copy a bug report');
  await tools().getByText('Copied. It has no values').waitFor();
  const copied = await page.evaluate('navigator.clipboard.readText()');
  expect(copied).toContain('"conflicts": 1');
  expect(copied).not.toContain('shopping');
  expect(copied).not.toContain('bread');

  await page.evaluate(`navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))`);
  await press('Copy a bug report');
  expect(await tools().getByLabel('Bug report', { exact: true }).inputValue()).toContain('"conflicts": 1');
});

test('leaves nothing behind', async () => {
  await page.evaluate('page.useTheApp()');
  const before = await page.evaluate('document.body.innerHTML');
  await page.evaluate('counted = page.countSubscriptions()');
  await page.evaluate('page.mount(true)');
  await tools().getByText('5 records').waitFor();
  expect(await page.evaluate('counted.present')).toBe(3);
  await page.evaluate('page.unmount()');
  expect(await page.evaluate('counted.present')).toBe(0);
  expect(await page.evaluate('document.body.innerHTML')).toBe(before);
});

const looks = [
  { name: 'desktop', width: 1280, height: 800, colorScheme: 'light' },
  { name: 'dark', width: 1280, height: 800, colorScheme: 'dark' },
  { name: 'phone', width: 360, height: 740, colorScheme: 'light' },
] as const;

test.each(looks)('is accessible on $name', async ({ name, width, height, colorScheme }) => {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
  await page.evaluate('page.useTheApp()');
  await page.evaluate('page.mount(false)');
  expect(await violations()).toEqual([]);
  await press('Holdall');
  await tools().locator('summary', { hasText: 'notes' }).click();
  await tools().getByRole('rowheader', { name: 'shopping' }).waitFor();
  await page.evaluate('page.failToSync()');
  for (const tab of ['Datasets', 'Syncs', 'Conflicts']) {
    await page.getByRole('tab', { name: tab }).click();
    if (tab === 'Syncs') await view().locator('summary').last().click();
    expect(await violations()).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    if (process.env.SCREENSHOTS)
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/devtools-${name}-${tab}.png` });
  }
});

test('stands in the page where it is told to', async () => {
  await page.evaluate('page.useTheApp()');
  await page.evaluate('page.mount(true, true)');
  await tools().locator('summary', { hasText: 'notes' }).click();
  await tools().getByRole('rowheader', { name: 'shopping' }).waitFor();
  expect(await page.locator('#place').getByRole('region', { name: 'Holdall developer tools' }).count()).toBe(
    1,
  );
  expect(await violations()).toEqual([]);
  if (process.env.SCREENSHOTS)
    await page.screenshot({ path: `${process.env.SCREENSHOTS}/devtools-in-page.png`, fullPage: true });
});
