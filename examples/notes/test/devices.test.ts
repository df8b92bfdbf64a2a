import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenExample, openExample } from './open-example.ts';
import { openNote, setOffline, show, signIn, whenSaved, writeNote } from './person.ts';

let opened: OpenExample;

beforeAll(async () => {
  opened = await openExample();
});
afterAll(() => opened.close());

const textOf = (page: Page) => page.getByLabel('Text', { exact: true });

/** The app on a new device, with this person signed in. */
async function deviceOf(name: string): Promise<{ device: BrowserContext; page: Page }> {
  const device = await opened.newDevice();
  const page = await opened.openWindow(device);
  await signIn(page, name);
  await show(page, 'Notes');
  return { device, page };
}

test('two windows of a device show the same while somebody types', async () => {
  const device = await opened.newDevice();
  const one = await opened.openWindow(device);
  const other = await opened.openWindow(device);
  await writeNote(one, 'Bread', '500 g flour');
  await openNote(other, 'Bread');
  await textOf(one).pressSequentially(' and salt');
  await expect.poll(() => textOf(other).inputValue()).toBe('500 g flour and salt');

  await setOffline(one, true);
  await other.getByRole('link', { name: 'Offline' }).waitFor();
  await device.close();
});

test('two devices of a person edit live', async () => {
  const one = await deviceOf('Grace');
  const other = await deviceOf('Grace');
  await writeNote(one.page, 'Shopping', 'Tea');
  await openNote(other.page, 'Shopping');
  await expect.poll(() => textOf(other.page).inputValue()).toBe('Tea');
  await textOf(other.page).fill('Tea and milk');
  await expect.poll(() => textOf(one.page).inputValue()).toBe('Tea and milk');
  await one.device.close();
  await other.device.close();
});

test('what is written offline is sent when the device is online again', async () => {
  const one = await deviceOf('Linus');
  const other = await deviceOf('Linus');
  await setOffline(one.page, true);
  await writeNote(one.page, 'From the train', 'No signal here');
  await one.page.getByRole('link', { name: /^Offline, \d changes? to send$/ }).waitFor();
  // The service would have told of it by the time it told of this.
  await writeNote(other.page, 'From the desk');
  await whenSaved(other.page);
  expect(await other.page.getByRole('link', { name: 'From the train' }).count()).toBe(0);

  // Offline holds over a reload, and so does the note.
  await one.page.reload();
  await one.page.getByRole('link', { name: /^Offline/ }).waitFor();
  await one.page.getByRole('link', { name: 'From the train' }).waitFor();
  await setOffline(one.page, false);
  await other.page.getByRole('link', { name: 'From the train' }).waitFor();
  await one.page.getByRole('link', { name: 'From the desk' }).waitFor();
  await one.device.close();
  await other.device.close();
});

test('two versions of a note are shown side by side, and a person decides', async () => {
  const one = await deviceOf('Hedy');
  const other = await deviceOf('Hedy');
  await writeNote(one.page, 'Trip', 'Train at nine');
  await openNote(other.page, 'Trip');
  await whenSaved(one.page);

  await setOffline(one.page, true);
  await textOf(one.page).fill('Train at ten');
  await textOf(other.page).fill('Bus at noon');
  await whenSaved(other.page);
  await setOffline(one.page, false);
  await one.page.getByRole('link', { name: 'Compare the two' }).click();

  const here = one.page.getByRole('article').filter({ hasText: 'This device' });
  const there = one.page.getByRole('article').filter({ hasText: 'Another device' });
  await here.getByText('Train at ten').waitFor();
  await there.getByText('Bus at noon').waitFor();
  await one.page.getByRole('button', { name: 'Write one from both' }).click();
  expect(await one.page.getByLabel('One from both').inputValue()).toBe('Train at ten\n\nBus at noon');
  await one.page.getByLabel('One from both').fill('Train at ten, or the bus at noon');
  await one.page.getByRole('button', { name: 'Keep this one' }).click();
  await one.page.getByText('Nothing to decide.').waitFor();

  await expect.poll(() => textOf(other.page).inputValue()).toBe('Train at ten, or the bus at noon');
  await show(one.page, 'Notes');
  await openNote(one.page, 'Trip');
  expect(await textOf(one.page).inputValue()).toBe('Train at ten, or the bus at noon');
  await one.device.close();
  await other.device.close();
});

test('settings of two devices settle themselves', async () => {
  const one = await deviceOf('Rosa');
  const other = await deviceOf('Rosa');
  await setOffline(one.page, true);
  await setOffline(other.page, true);
  for (const [{ page }, tag, theme] of [
    [one, 'home', 'Light'],
    [other, 'work', 'Dark'],
  ] as const) {
    await writeNote(page, `Of ${tag}`);
    await show(page, 'Settings');
    await page.getByLabel('New tag').fill(tag);
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('radio', { name: theme }).check();
  }
  await setOffline(one.page, false);
  await setOffline(other.page, false);
  for (const { page } of [one, other]) {
    await page.getByText('2 notes written so far').waitFor();
    await page.getByRole('button', { name: 'Remove the tag home' }).waitFor();
    await page.getByRole('button', { name: 'Remove the tag work' }).waitFor();
    // Whoever changed it last.
    await page.locator(':root[data-theme=dark]').waitFor({ state: 'attached' });
  }
  await one.device.close();
  await other.device.close();
});

test('a page that is loaded anew in the middle of a sync neither loses nor doubles anything', async () => {
  const { device, page } = await deviceOf('Barbara');
  const isUpdate = (url: URL) => /\/datasets\/notes$/.test(url.pathname);
  const reached = Promise.withResolvers<void>();
  let updates = 0;
  // The service takes the first one, and the page never hears of it.
  await page.route(isUpdate, async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    updates += 1;
    if (updates > 1) return route.continue();
    await route.fetch();
    reached.resolve();
  });
  await writeNote(page, 'Half sent', 'Once');
  await reached.promise;
  await textOf(page).fill('Once, and more');
  await page.reload();
  await whenSaved(page);
  expect(await page.getByRole('link', { name: 'Half sent' }).count()).toBe(1);

  const other = await deviceOf('Barbara');
  await openNote(other.page, 'Half sent');
  await expect.poll(() => textOf(other.page).inputValue()).toBe('Once, and more');
  expect(await page.getByRole('link', { name: /changed twice/ }).count()).toBe(0);
  await device.close();
  await other.device.close();
});
