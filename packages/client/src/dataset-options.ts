import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Codec } from './codec.ts';
import type { Resolver } from './resolvers.ts';
import type { FoldMerged, RemoteDeletion } from './sync/effects.ts';

/** A validator for each key; `'*'` for all others. Any library that speaks Standard Schema will do: zod, valibot, arktype. */
export type DatasetSchema = Readonly<Record<string, StandardSchemaV1>>;

/** What may be set, by key. */
export type InputOf<Schema extends DatasetSchema> = {
  [Key in keyof Schema as Key extends '*' ? string : Key]: StandardSchemaV1.InferInput<Schema[Key]>;
};

/** What reads answer, by key. */
export type OutputOf<Schema extends DatasetSchema> = {
  [Key in keyof Schema as Key extends '*' ? string : Key]: StandardSchemaV1.InferOutput<Schema[Key]>;
};

/** By key: the values of a dataset. */
export type Values = Readonly<Record<string, unknown>>;

/** How a dataset is read, checked, settled and synchronised. */
export interface DatasetOptions<Schema extends DatasetSchema = DatasetSchema> {
  /** With a schema values are JSON unless `codec` says otherwise; without one they are strings. */
  readonly schema?: Schema;
  readonly codec?: Codec;
  /** How conflicts are settled: for all keys, or by key with `'*'` for the others. Default: `resolvers.lastWriter`. */
  // biome-ignore lint/suspicious/noExplicitAny: a resolver takes the values of its own key, which are not known here
  readonly resolve?: Resolver<any> | Readonly<Record<string, Resolver<any>>>;
  /**
   * When the dataset was deleted on another device. `keep-edits` (default) keeps the changes that this device had not
   * sent and makes a new dataset of them; `keep-all` brings everything back; `discard` drops unsent changes too, and the
   * result of the sync names them.
   */
  readonly onRemoteDelete?: RemoteDeletion | (() => RemoteDeletion | Promise<RemoteDeletion>);
  /**
   * Whether datasets of identities that were merged into this one are folded in and then deleted. Default: true. A
   * function is asked with their names, before anything is changed; a SyncError that it throws ends the sync.
   */
  readonly foldMerged?: FoldMerged;
  /** Whether it is synchronised without being asked. Default: what the client says. */
  readonly autoSync?: boolean;
}
