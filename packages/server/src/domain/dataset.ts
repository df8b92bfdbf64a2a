/**
 * The words of synchronisation, used strictly from here down.
 *
 * - **identity**: one user of one identity pool, on however many devices.
 * - **dataset**: a named set of records that belongs to one identity.
 * - **record**: a key with a string value inside a dataset.
 * - **sync count** of a dataset: a number that every accepted change raises by one and that never goes back, not even
 *   when the dataset is deleted and created again. The sync count *of a record* is the dataset's count at the moment
 *   the record last changed.
 * - **patch**: what a device asks to do to one key, with the sync count it believes the record has.
 * - **conflict**: the record has moved on past the sync count the patch was made against.
 * - **tombstone**: what a removed record leaves behind (no value), so that other devices learn of the removal.
 *   A deleted dataset leaves one too: its sync count and the count at which it was deleted.
 * - **sync session**: what one ListRecords opens and the UpdateRecords after it closes.
 */

/** Epoch milliseconds. */
export type Instant = number;

export interface Dataset {
  readonly name: string;
  /** The highest sync count ever given out in this dataset; strictly increasing for ever. */
  readonly syncCount: number;
  /** The sync count that the last deletion took; absent when it was never deleted. */
  readonly deletedAtSyncCount?: number;
  /** False between a deletion and the next accepted patch. */
  readonly exists: boolean;
  readonly createdAt: Instant;
  readonly lastModifiedAt: Instant;
  /** An identity id, an account id, or the device id that the request named. */
  readonly lastModifiedBy: string;
  /** Live records; tombstones are not counted. */
  readonly recordCount: number;
  /** Records that were removed and are still told of. */
  readonly tombstoneCount: number;
  /** UTF-8 bytes of the keys and values of live records. */
  readonly storageBytes: number;
  /** Sessions that an UpdateRecords has closed and that have not expired yet (`sync-session.ts`). */
  readonly spentSessions: readonly SpentSession[];
}

export interface SpentSession {
  readonly sessionId: string;
  readonly expiresAt: Instant;
}

export interface StoredRecord {
  readonly key: string;
  /** Absent in a tombstone. */
  readonly value?: string;
  readonly syncCount: number;
  readonly lastModifiedAt: Instant;
  readonly lastModifiedBy: string;
  /** What the device said; the server's time when it said nothing. */
  readonly deviceLastModifiedAt: Instant;
}

/** Bytes of `text` in UTF-8, the unit of every storage figure. Expects well-formed text. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes, so each half adds one.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

/** What one record adds to the storage of its dataset. */
export function recordBytes(record: Pick<StoredRecord, 'key' | 'value'>): number {
  return record.value === undefined ? 0 : utf8Bytes(record.key) + utf8Bytes(record.value);
}
