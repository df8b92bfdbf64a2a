import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenExample, openExample } from './open-example.ts';
import { openNote, setOffline, show, signIn, whenSaved, writeNote } from './person.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let opened: OpenExample;

beforeAll(async () => {
  opened = await openExample();
});
afterAll(() => opened.close());

/** What axe finds wrong with the page as it is shown now. */
async function violations(page: Page): Promise<unknown> {
  await page.evaluate(axeSource);
  return page.evaluate(`axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({
    id, nodes: nodes.map((node) => node.html + ' ' + node.failureSummary),
  })))`);
}

const looks: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light', reducedMotion: 'reduce' }],
  ['dark', { colorScheme: 'dark', reducedMotion: 'reduce' }],
  [
    'a phone',
    { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true, reducedMotion: 'reduce' },
  ],
];

test.each(looks)('axe finds nothing on any screen: %s', async (look, options) => {
  const page = await opened.openWindow(await opened.newDevice(options));
  const clean = async (screen: string) => expect(await violations(page), screen).toEqual([]);
  await clean('no notes');
  await show(page, 'Settings');
  await page.getByLabel('New tag').fill('home');
  await page.getByRole('button', { name: 'Add' }).click();
  await page.getByText('Tag “home” added.').waitFor();
  await clean('settings');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Your name').waitFor();
  await clean('the sign-in page');
  await page.getByLabel('Your name').fill(look);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(`Welcome, ${look}.`).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await clean('signing out');
  await page.keyboard.press('Escape');

  await show(page, 'Private');
  await clean('a new passphrase');
  await page.getByLabel('Passphrase').fill('correct horse');
  await page.getByRole('button', { name: 'Use this passphrase' }).click();
  await writeNote(page, 'Private one', 'Text');
  await clean('a private note');
  await whenSaved(page);

  await show(page, 'Notes');
  await writeNote(page, 'Twice', 'Before');
  await page.getByRole('checkbox', { name: 'home' }).check();
  await whenSaved(page);
  const other = await opened.openWindow();
  await signIn(other, look);
  await show(other, 'Notes');
  await openNote(other, 'Twice');
  await show(page, 'Settings');
  await setOffline(page, true);
  await show(page, 'Notes');
  await openNote(page, 'Twice');
  await page.getByLabel('Text', { exact: true }).fill('Here');
  await other.getByLabel('Text', { exact: true }).fill('There');
  await whenSaved(other);
  await clean('offline');
  await show(page, 'Settings');
  await setOffline(page, false);
  await page.getByRole('link', { name: '1 changed twice' }).click();
  await page.getByRole('button', { name: 'Write one from both' }).click();
  await clean('a note that was changed twice');

  await page.reload();
  await show(page, 'Private');
  await page.getByLabel('Passphrase').fill('wrong horse');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('That is not the passphrase.').waitFor();
  await clean('the wrong passphrase');
  await page.context().close();
  await other.context().close();
});

test('a note is written, filed, deleted and brought back with the keyboard alone', async () => {
  const page = await opened.openWindow();
  /** Tab, until what has the focus is called this. */
  const tabTo = async (name: string) => {
    const focused = page.locator(':focus');
    for (let step = 0; step < 40; step += 1) {
      await page.keyboard.press('Tab');
      const label = await focused.evaluate(
        (element) => element.getAttribute('aria-label') ?? element.textContent,
      );
      if (label?.includes(name)) return;
    }
    throw new Error(`The focus never came to '${name}'.`);
  };
  const named = (name: string) =>
    page.evaluate(`document.activeElement.getAttribute('aria-label') === '${name}'`);

  await tabTo('Skip to the notes');
  await page.keyboard.press('Enter');
  await tabTo('New note');
  await page.keyboard.press('Enter');
  await expect.poll(() => named('Title')).toBe(true);
  await page.keyboard.type('By hand');
  await page.keyboard.press('Tab');
  await page.keyboard.type('No mouse');
  await page.getByRole('link', { name: 'By hand No mouse' }).waitFor();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText('“By hand” is deleted.').waitFor();
  await tabTo('Undo');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'By hand No mouse' }).waitFor();
  await page.context().close();
});

test('a full device says so, and keeps what was typed until there is space', async () => {
  const page = await opened.openWindow();
  await writeNote(page, 'Kept', 'Before');
  await whenSaved(page);
  // What browsers do when a site's storage is full.
  await page.evaluate(`
    globalThis.put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };
  `);
  await page.getByLabel('Text', { exact: true }).fill('After');
  await page.getByText('This device has no space left for it.').waitFor();
  expect(await page.getByLabel('Text', { exact: true }).inputValue()).toBe('After');
  await page.evaluate('IDBObjectStore.prototype.put = put');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('This device has no space left for it.').waitFor({ state: 'detached' });
  await whenSaved(page);
  await page.reload();
  expect(await page.getByLabel('Text', { exact: true }).inputValue()).toBe('After');
  await page.context().close();
});

test('a browser without storage says what that means, and works', async () => {
  const device = await opened.newDevice();
  await device.addInitScript(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }));
  const page = await opened.openWindow(device);
  await page.getByText('This browser keeps nothing for this page').waitFor();
  await writeNote(page, 'In the air', 'For now');
  await whenSaved(page);
  expect(await violations(page)).toEqual([]);
  await device.close();
});
