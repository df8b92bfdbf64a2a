import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundle } from '../browser/open-browser.ts';

test('the IndexedDB store, with all that it needs, is at most 2.5 kB', async () => {
  const code = await bundle(new URL('../../src/stores/indexeddb.ts', import.meta.url), { minify: true });
  expect(code).toContain('holdall');
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(2_500);
});
