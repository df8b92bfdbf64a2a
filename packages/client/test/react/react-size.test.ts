import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundle } from '../browser/open-browser.ts';

test('the hooks are at most 1.5 kB beside React and the client', async () => {
  const entry = new URL('../../src/react.ts', import.meta.url);
  const code = await bundle(entry, { minify: true, external: ['react'] });
  expect(code).toContain('SyncProvider');
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(1_500);
});
