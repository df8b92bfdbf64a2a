import type { Dataset } from '../dataset.ts';
import { SyncError } from '../sync-error.ts';
import type { EncryptedCodec } from './encrypted-codec.ts';

/** Records of one transaction: little enough for edits to come between. */
const recordsAtOnce = 32;

/**
 * Rewrites with the newest key whatever is not written with it yet. Resolves with the number of records when the device's
 * storage has them; the service gets them as it gets edits. It is no edit, though: whoever changes a value meanwhile,
 * here or on another device, goes first. What cannot be read is left as it is. Other devices must have the newest key
 * before.
 *
 * @throws SyncError `INVALID` when the dataset has another codec; `QUOTA`, `STORE`; and the signal's reason
 */
export async function reencrypt(
  // biome-ignore lint/suspicious/noExplicitAny: the types of its values do not matter here
  dataset: Dataset<any, any>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  const codec = dataset.options.codec as Partial<EncryptedCodec> | undefined;
  const isOutdated = codec?.isOutdated;
  if (!isOutdated) {
    const message = `'${dataset.name}' is not encrypted: its codec was not made by encryptedCodec.`;
    throw new SyncError('INVALID', message, { dataset: dataset.name });
  }
  for (let total = 0; ; ) {
    options.signal?.throwIfAborted();
    const rewritten = await dataset.rewrite(isOutdated, recordsAtOnce);
    if (rewritten === 0) return total;
    total += rewritten;
  }
}
