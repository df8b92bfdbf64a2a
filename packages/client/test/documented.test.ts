import { describe, expect, test } from 'vitest';
import { readClientEntries } from '../../../tools/client-reference.ts';
import { declarationsIn } from '../../../tools/declarations.ts';

const entries = readClientEntries();

test('the declarations are those that the modules have', async () => {
  expect(entries).toHaveLength(13);
  for (const { specifier, declarations } of entries) {
    const values = declarations.filter(({ kind, name }) => kind === 'value' && !name.includes('.'));
    const exported = Object.keys(await import(specifier));
    expect(values.map(({ name }) => name).sort()).toEqual(exported.sort());
  }
});

describe.each(entries)('$specifier', ({ declarations }) => {
  test('says of every export what it is', () => {
    expect(declarations.length).toBeGreaterThan(0);
    const silent = declarations.filter(({ doc }) => doc === undefined || doc.length < 10);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  test('shows nothing that is internal', () => {
    const shown = declarations.map(({ code }) => code).join('\n');
    expect(shown).not.toMatch(/#private|@internal|\bprivate /);
  });
});

test('a declaration without a comment would be noticed', () => {
  const text = `
/**
 * Two
 * lines.
 */
export interface Documented {
    /** Inside. */
    readonly member: string;
}
export declare const silent: number;
/** Twice. */
export declare function overloaded(one: string): void;
export declare function overloaded(one: number): void;
export declare class Class {
    #private;
    private kept;
    /** Shown. */
    method(): void;
    /** @internal */
    hidden(): void;
}
`;
  expect(declarationsIn(text, 'sample.d.ts')).toEqual([
    {
      name: 'Documented',
      kind: 'type',
      doc: 'Two\nlines.',
      code: 'interface Documented {\n  /** Inside. */\n  readonly member: string;\n}',
    },
    { name: 'silent', kind: 'value', doc: undefined, code: 'const silent: number;' },
    {
      name: 'overloaded',
      kind: 'value',
      doc: 'Twice.',
      code: 'function overloaded(one: string): void;\nfunction overloaded(one: number): void;',
    },
    {
      name: 'Class',
      kind: 'value',
      doc: undefined,
      code: 'class Class {\n  /** Shown. */\n  method(): void;\n}',
    },
  ]);
});
