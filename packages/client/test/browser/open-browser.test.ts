import { expect, test } from 'vitest';
import { openBrowser } from './open-browser.ts';

test('pages of one profile share an origin and its storage, pages of two do not', async () => {
  const browser = await openBrowser({ entry: new URL('plumbing-page.ts', import.meta.url) });
  try {
    const profile = await browser.newProfile();
    const first = await browser.openPage(profile);
    const second = await browser.openPage(profile);
    const stranger = await browser.openPage();
    expect(await first.evaluate('isSecureContext && loaded')).toBe('by the entry');
    await first.evaluate(`localStorage.setItem('colour', 'blue')`);
    expect(await second.evaluate(`localStorage.getItem('colour')`)).toBe('blue');
    expect(await stranger.evaluate(`localStorage.getItem('colour')`)).toBeNull();
  } finally {
    await browser.close();
  }
});
