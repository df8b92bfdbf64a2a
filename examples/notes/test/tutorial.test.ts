import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('the code in the tutorial is the code of the example, which is compiled', () => {
  const tutorial = readFileSync(`${root}docs/tutorial.md`, 'utf8');
  const blocks = [...tutorial.matchAll(/^```tsx?\n(.*?)^```$/gms)].map(([, code = '']) => code);
  const sources = globSync('examples/notes/src/**/*.{ts,tsx}', { cwd: root }).map((path) =>
    readFileSync(`${root}${path}`, 'utf8'),
  );
  expect(blocks.length).toBeGreaterThan(3);
  expect(blocks.filter((block) => !sources.some((source) => source.includes(block)))).toEqual([]);
});
