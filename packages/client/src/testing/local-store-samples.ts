import type {
  DatasetChange,
  DatasetHead,
  KeptDataset,
  KeptRecord,
  LocalStore,
  Owner,
} from '../local-store.ts';
import { SyncError, type SyncErrorCode } from '../sync-error.ts';

/** Texts that some storage somewhere cuts, replaces or takes for something else. */
export const keptTexts: readonly string[] = [
  '',
  'plain',
  'with space, dot . colon : slash / percent %25 hash # quote " \' backslash \\ and line\r\nbreak',
  '\u0000',
  'before\u0000after',
  '\u0001\u001f\u007f\u0080\u00a0',
  'é and e\u0301 are two',
  'ﷺ 漢字 עברית',
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{10ffff} \ufffd \ufeff \uffff',
  // Not well formed. The service cannot have them; a store keeps them all the same, because it must not change a text.
  'high \ud83d low \ude00',
  '__proto__',
  'constructor',
  'null',
  '12',
  '{"json":true}',
];

export function head(name: string, revision: number): DatasetHead {
  return { name, revision, syncCount: 0 };
}

export function record(key: string, value: string | null): KeptRecord {
  return { key, value, base: null, syncCount: 0, changedAt: 1_700_000_000_123 };
}

/** A record with every field that there is. */
export function fullRecord(key: string): KeptRecord {
  return {
    key,
    value: null,
    base: 'what was agreed on',
    syncCount: 9,
    changedAt: 1_700_000_000_123.5,
    from: 'settings.eu-west-1:guest',
    sent: { value: '', changedAt: 1_700_000_000_001 },
    conflict: {
      value: 'theirs',
      syncCount: 11,
      changedAt: 1_700_000_000_002,
      deviceChangedAt: 1_700_000_000_003,
      changedBy: 'eu-west-1:someone',
      from: 'settings.eu-west-1:someone-else',
    },
  };
}

/** A change from the revision before that of `head`, unless it says which one it expects. */
export function change(
  owner: Owner,
  head: DatasetHead,
  parts: Partial<Pick<DatasetChange, 'expected' | 'put' | 'erase'>> = {},
): DatasetChange {
  return { owner, dataset: head.name, expected: head.revision - 1, head, put: [], erase: [], ...parts };
}

/** The dataset with its records in the order of their keys. */
export async function stored(
  store: LocalStore,
  owner: Owner,
  dataset: string,
): Promise<KeptDataset | undefined> {
  const kept = await store.load(owner, dataset);
  return kept && { head: kept.head, records: [...kept.records].sort(byKey) };
}

/** @throws Error that says both; records are compared in the order of their keys, members in any order */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [is, shouldBe] = [canonical(actual), canonical(expected)];
  if (is === shouldBe) return;
  throw new Error(`${what}: ${shortened(is)} where ${shortened(shouldBe)} was expected.`);
}

/** @throws Error when `work` does not throw a SyncError of the code */
export async function fails(work: () => Promise<unknown>, code: SyncErrorCode): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof SyncError && error.code === code) return;
    throw new Error(`A SyncError ${code} was expected, not: ${String(error)}`, { cause: error });
  }
  throw new Error(`A SyncError ${code} was expected, and nothing was thrown.`);
}

function canonical(value: unknown): string {
  return String(
    JSON.stringify(value, (name, part: unknown) => {
      if (name === 'records' && Array.isArray(part)) return [...part].sort(byKey);
      if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
      return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
    }),
  );
}

function byKey(left: KeptRecord, right: KeptRecord): number {
  if (left.key === right.key) return 0;
  return left.key < right.key ? -1 : 1;
}

function shortened(text: string): string {
  return text.length <= 400 ? text : `${text.slice(0, 400)}… (${text.length} characters)`;
}
