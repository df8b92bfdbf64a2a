import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { openExample } from '../test/open-example.ts';
import { openNote, setOffline, show, signIn, whenSaved, writeNote } from '../test/person.ts';

/*
 * Writes the pictures of docs/: `node examples/notes/tools/screenshots.ts [directory]`.
 */

const mostBytes = 150_000;
const directory = process.argv[2] ?? fileURLToPath(new URL('../../../docs/images/', import.meta.url));
mkdirSync(directory, { recursive: true });

const opened = await openExample();
try {
  const desktop = { viewport: { width: 1180, height: 740 } };
  const phoneSize = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };
  const ada = await opened.openWindow(await opened.newDevice(desktop));
  await fillWithNotes(ada);
  await openNote(ada, 'A walk along the river');
  await picture(ada, 'notes');

  await signIn(ada, 'Ada');
  const phone = await opened.openWindow(await opened.newDevice(phoneSize));
  await signIn(phone, 'Ada');
  await show(phone, 'Notes');
  await phone.getByRole('link', { name: 'A walk along the river' }).waitFor();
  await picture(phone, 'phone');

  await changeTwice(ada, phone);
  await picture(ada, 'conflict');
  await ada.getByRole('button', { name: 'Keep this version of this device' }).click();
  await ada.getByText('Nothing to decide.').waitFor();

  await show(ada, 'Private');
  await ada.getByLabel('Passphrase').fill('a walk by the river');
  await whenSaved(ada);
  await picture(ada, 'private');
  await show(ada, 'Settings');
  await ada.getByRole('radio', { name: 'Dark' }).check();
  await show(ada, 'Notes');
  await openNote(ada, 'Bread');
  await whenSaved(ada);
  await picture(ada, 'dark');

  await show(ada, 'Settings');
  await ada.getByRole('radio', { name: 'Light' }).check();
  await ada.getByRole('switch', { name: 'Developer panel' }).click();
  await ada.getByRole('tab', { name: 'Datasets' }).waitFor();
  await whenSaved(ada);
  await picture(ada, 'devtools');
} finally {
  await opened.close();
}

async function fillWithNotes(page: Page): Promise<void> {
  await show(page, 'Settings');
  for (const tag of ['home', 'ideas']) {
    await page.getByLabel('New tag').fill(tag);
    await page.getByRole('button', { name: 'Add' }).click();
  }
  await show(page, 'Notes');
  await writeNote(page, 'Bread', '500 g flour\n350 g water\n10 g salt\nA spoon of sourdough, and patience.');
  await page.getByRole('checkbox', { name: 'home' }).check();
  await writeNote(page, 'Books to read', 'The Left Hand of Darkness\nInvisible Cities\nThe Summer Book');
  await writeNote(
    page,
    'A walk along the river',
    'From the old bridge to the mill and back, about two hours.\n\nHerons on the far side, and the first almond tree in bloom. Take the binoculars next time.',
  );
  await page.getByRole('checkbox', { name: 'ideas' }).check();
  await whenSaved(page);
}

/** One note, on two devices, before either knows of the other. */
async function changeTwice(one: Page, other: Page): Promise<void> {
  await show(one, 'Notes');
  await setOffline(one, true);
  await openNote(one, 'Books to read');
  await one
    .getByLabel('Text', { exact: true })
    .fill('The Left Hand of Darkness\nInvisible Cities\nMoominvalley in November');
  await openNote(other, 'Books to read');
  await other
    .getByLabel('Text', { exact: true })
    .fill('The Left Hand of Darkness\nPiranesi\nThe Summer Book');
  await whenSaved(other);
  await setOffline(one, false);
  await one.getByRole('link', { name: '1 changed twice' }).click();
  await one.getByRole('heading', { name: 'Books to read' }).waitFor();
}

async function picture(page: Page, name: string): Promise<void> {
  const path = join(directory, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  const { size } = statSync(path);
  if (size > mostBytes) throw new Error(`${path} has ${size} bytes, more than ${mostBytes}.`);
  process.stdout.write(`${path} ${size} bytes\n`);
}
