import { expect, test } from 'vitest';
import { openBrowser } from '../browser/open-browser.ts';

test('the testing kit runs in a real browser', async () => {
  const browser = await openBrowser({ entry: new URL('kit-page.ts', import.meta.url) });
  try {
    const page = await browser.openPage();
    expect(await page.evaluate('useKit()')).toEqual({
      guest: 200,
      unsigned: 403,
      offline: 'TypeError',
      slept: 60_000,
      heard: ['hello'],
      openIdToken: 200,
    });
  } finally {
    await browser.close();
  }
});
