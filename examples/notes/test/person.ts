import type { Page } from 'playwright-core';

/** What a person does in the app, by what they see. */

export async function writeNote(page: Page, title: string, text = ''): Promise<void> {
  await page.getByRole('button', { name: 'New note' }).click();
  await page.getByLabel('Title').fill(title);
  await page.getByLabel('Text', { exact: true }).fill(text);
}

export async function openNote(page: Page, title: string): Promise<void> {
  await page.getByRole('link', { name: title }).click();
}

export async function signIn(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(`Welcome, ${name}.`).waitFor();
}

export async function setOffline(page: Page, isOffline: boolean): Promise<void> {
  const offline = page.getByRole('switch', { name: 'Work offline' }).first();
  if (((await offline.getAttribute('aria-checked')) === 'true') !== isOffline) await offline.click();
}

export async function show(page: Page, screen: 'Notes' | 'Private' | 'Settings'): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: screen }).click();
}

/** All that was written here is at the service. */
export async function whenSaved(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Saved, live' }).waitFor();
}
