import type { KeptRecord } from './local-store.ts';
import type { ValueReader } from './value-reader.ts';

/**
 * Up to `most` of the records whose texts are outdated, in the texts that the codec writes today. Their values are the
 * same, and so are their times: it is no edit. What cannot be read is not among them.
 */
export async function rewrittenRecords(
  records: Iterable<KeptRecord>,
  reader: ValueReader,
  isOutdated: (text: string) => boolean,
  most: number,
): Promise<readonly KeptRecord[]> {
  const rewritten: KeptRecord[] = [];
  for (const record of [...records]) {
    if (rewritten.length === most) break;
    if (record.value === null || !isOutdated(record.value)) continue;
    const value = await reader.rewritten(record.key, record.value);
    if (value !== undefined) rewritten.push({ ...record, value });
  }
  return rewritten;
}
