import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenExample, openExample } from './open-example.ts';
import { openNote, setOffline, show, signIn, whenSaved, writeNote } from './person.ts';

let opened: OpenExample;

beforeAll(async () => {
  opened = await openExample();
});
afterAll(() => opened.close());

const note = (page: Page, title: string) => page.getByRole('link', { name: title });

test('what a guest wrote is with what the person had, on all devices, after they sign in', async () => {
  const first = await opened.openWindow();
  await writeNote(first, 'Of the first device');
  await signIn(first, 'Ada');
  await show(first, 'Notes');
  await note(first, 'Of the first device').waitFor();

  // Another guest, whose notes have to come to an identity that has some.
  const second = await opened.openWindow();
  await writeNote(second, 'Of a guest');
  await signIn(second, 'Ada');
  await second.getByText('Welcome, Ada.').waitFor();
  await show(second, 'Notes');
  await note(second, 'Of the first device').waitFor();
  await note(second, 'Of a guest').waitFor();
  await note(first, 'Of a guest').waitFor();
  await first.context().close();
  await second.context().close();
});

test('the window that is another device comes back from signing in as that device', async () => {
  const browser = await opened.newDevice();
  const first = await opened.openWindow(browser);
  await signIn(first, 'Mary');
  await show(first, 'Notes');
  await writeNote(first, 'For all devices');
  await whenSaved(first);
  await show(first, 'Settings');
  const opening = browser.waitForEvent('page');
  await first.getByRole('button', { name: 'Open as another device' }).click();
  const second = await opening;
  await second.getByRole('heading').first().waitFor();
  await signIn(second, 'Mary');
  await show(second, 'Notes');
  await note(second, 'For all devices').waitFor();
  expect(new URL(second.url()).searchParams.get('device')).toBe('second');
  await browser.close();
});

test('whoever signs out leaves nothing to be seen, and finds it again', async () => {
  const device = await opened.newDevice();
  const page = await opened.openWindow(device);
  const otherWindow = await opened.openWindow(device);
  await signIn(page, 'Grace');
  await otherWindow.getByText('Grace').waitFor();
  await show(page, 'Notes');
  await writeNote(page, 'Only for Grace');
  await note(otherWindow, 'Only for Grace').waitFor();
  await whenSaved(page);

  await show(page, 'Settings');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are a guest.').waitFor();
  await show(page, 'Notes');
  await page.getByText('Nothing here yet.').waitFor();
  await note(otherWindow, 'Only for Grace').waitFor({ state: 'detached' });

  await signIn(page, 'Grace');
  await show(page, 'Notes');
  await note(page, 'Only for Grace').waitFor();
  await device.close();
});

test('nothing is erased that only this device has, unless the person says so twice', async () => {
  const page = await opened.openWindow();
  await signIn(page, 'Linus');
  await setOffline(page, true);
  await show(page, 'Notes');
  await writeNote(page, 'Not sent');
  await show(page, 'Settings');
  await page.getByRole('button', { name: 'Sign out' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('They are erased here').check();
  await dialog.getByRole('button', { name: 'Sign out' }).click();
  await dialog.getByText('Some changes were not sent yet.').waitFor();
  await page.keyboard.press('Escape');
  await show(page, 'Notes');
  await note(page, 'Not sent').waitFor();

  await show(page, 'Settings');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await dialog.getByLabel('They are erased here').check();
  await dialog.getByRole('button', { name: 'Sign out' }).click();
  await dialog.getByRole('button', { name: 'Lose them and sign out' }).click();
  await page.getByText('You are a guest.').waitFor();
  await page.context().close();
});

test('the service never has a private note, and other devices open it with the passphrase', async () => {
  const secret = 'The key lies under the third stone';
  const first = await opened.openWindow();
  await signIn(first, 'Hedy');
  await openPrivate(first, 'correct horse');
  await writeNote(first, 'Where the key is', secret);
  await whenSaved(first);
  const bytes = databaseBytes();
  expect(bytes.includes('private-notes')).toBe(true);
  for (const plaintext of ['Where the key is', 'third stone', 'correct horse']) {
    expect(bytes.includes(plaintext), plaintext).toBe(false);
  }

  const second = await opened.openWindow();
  await signIn(second, 'Hedy');
  await show(second, 'Private');
  await second.getByRole('heading', { name: 'Say your passphrase' }).waitFor();
  await second.getByLabel('Passphrase').fill('wrong horse');
  await second.getByRole('button', { name: 'Open' }).click();
  await second.getByText('That is not the passphrase.').waitFor();
  await second.getByLabel('Passphrase').fill('correct horse');
  await second.getByRole('button', { name: 'Open' }).click();
  await openNote(second, 'Where the key is');
  expect(await second.getByLabel('Text', { exact: true }).inputValue()).toBe(secret);

  await second.getByLabel('Text', { exact: true }).fill('Under the fourth');
  await openNote(first, 'Where the key is');
  await expect.poll(() => first.getByLabel('Text', { exact: true }).inputValue()).toBe('Under the fourth');
  await second.getByRole('button', { name: 'Lock' }).click();
  await second.getByRole('heading', { name: 'Say your passphrase' }).waitFor();
  await first.context().close();
  await second.context().close();
});

async function openPrivate(page: Page, passphrase: string): Promise<void> {
  await show(page, 'Private');
  await page.getByLabel('Passphrase').fill(passphrase);
  await page.getByRole('button', { name: 'Use this passphrase' }).click();
  await page.getByRole('heading', { name: 'Private' }).waitFor();
}

/** All that the service keeps, the write-ahead log included. */
function databaseBytes(): Buffer {
  const directory = join(opened.data, 'holdall');
  const files = readdirSync(directory).filter((name) => name.startsWith('holdall.db'));
  return Buffer.concat(files.map((name) => readFileSync(join(directory, name))));
}
