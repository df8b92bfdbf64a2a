import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Block {
  /** Such as `react-12.tsx`: the guide and the line where it begins. */
  readonly name: string;
  readonly code: string;
}

/** The code in TypeScript of a guide. */
function blocksOf(guide: string): Block[] {
  const text = readFileSync(guide, 'utf8');
  return [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map(({ 1: language, 2: code = '', index }) => {
    const line = text.slice(0, index).split('\n').length;
    return { name: `${basename(guide, '.md')}-${line}.${language}`, code };
  });
}

const settings = {
  compilerOptions: {
    target: 'ES2024',
    lib: ['ES2025', 'ESNext.Disposable', 'DOM', 'DOM.AsyncIterable', 'DOM.Iterable'],
    module: 'NodeNext',
    jsx: 'react-jsx',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    moduleDetection: 'force',
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
};

/** What the compiler says about the blocks. */
function complaints(blocks: readonly Block[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-guides-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  for (const { name, code } of blocks) writeFileSync(join(folder, name), code);
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [compiler, '-p', folder, '--pretty', 'false'],
      { cwd: folder },
      (error, said) => resolve(said || (error ? `${error}` : '')),
    );
  });
}

/** Those whose every block stands for itself. */
const guides = ['client', 'devtools', 'encryption', 'react'];

test.each(guides)('code in the guide %s compiles', async (guide) => {
  const blocks = blocksOf(join(root, `docs/guides/${guide}.md`));
  expect(blocks.length).toBeGreaterThan(0);
  expect(await complaints(blocks)).toBe('');
});

test('code that does not compile would be noticed', async () => {
  const code = `import { useRecord } from '@holdall/client/react';\nexport const shown = <p>{useRecord('notes')}</p>;\n`;
  expect(await complaints([{ name: 'wrong.tsx', code }])).toContain('wrong.tsx(2,');
});
