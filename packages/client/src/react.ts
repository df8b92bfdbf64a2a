'use client';

import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { ClientStatus } from './client-status.ts';
import type { Dataset } from './dataset.ts';
import { conflictedRecords, keptRecord, watchRecords } from './dataset-records.ts';
import type { DatasetState } from './dataset-state.ts';
import type { Readable } from './readable.ts';
import { isDirty } from './record-rules.ts';
import type { Conflict, Resolution } from './resolvers.ts';
import { isSame } from './same-members.ts';
import type { SyncClient } from './sync-client.ts';

/** What `SyncProvider` is given. */
export interface SyncProviderProps {
  /** Whoever made it closes it; the provider does not. */
  readonly client: SyncClient;
  readonly children?: ReactNode;
}

/** What is known of a record besides its value. */
export interface RecordMeta {
  /** The local data is read: an undefined value means that there is none on this device. */
  readonly isReady: boolean;
  /** Changed here, and the service does not have it yet. */
  readonly isDirty: boolean;
  /** Changed elsewhere too, and a resolver deferred: see `useConflicts`. */
  readonly isConflicted: boolean;
}

/**
 * Sets the value, or removes the key when it is undefined. A function gets the present value and answers the next one,
 * as with `dataset.update`. Resolves when the device's storage has it.
 *
 * @throws SyncError `INVALID`, `QUOTA`, `STORE`, as a rejection
 */
export type SetRecord<Input, Output> = (
  next: Input | undefined | ((value: Output | undefined) => Input | undefined),
) => Promise<void>;

/**
 * Decides a conflict as it was shown.
 *
 * @throws SyncError `CONFLICT`, `NOT_FOUND`, as a rejection, when it is not that conflict any more
 */
export type ResolveConflict<Value> = (
  conflict: Conflict<Value>,
  resolution: Resolution<Value>,
) => Promise<void>;

const ClientContext = createContext<SyncClient | undefined>(undefined);

/** Gives the client to `useSyncClient` and `useSyncState` below it. */
export function SyncProvider({ client, children }: SyncProviderProps): ReactElement {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest `SyncProvider`. @throws Error when there is none */
export function useSyncClient(): SyncClient {
  return provided(useContext(ClientContext));
}

/**
 * All values of a dataset by key, or what `select` makes of them. The component renders again when that changes: when it
 * is another value, or an array or a plain object with another member. On a server, and while hydrating, there are none.
 */
export function useDataset<Input, Output>(dataset: Dataset<Input, Output>): Readonly<Partial<Output>>;
export function useDataset<Input, Output, Selected>(
  dataset: Dataset<Input, Output>,
  select: (values: Readonly<Partial<Output>>) => Selected,
): Selected;
export function useDataset<Input, Output>(
  dataset: Dataset<Input, Output>,
  select: (values: Readonly<Partial<Output>>) => unknown = itself,
): unknown {
  return useSelected(dataset.values, noValues as Readonly<Partial<Output>>, select);
}

/**
 * One record: its value, how to set it, and what else is known of it. The array and all in it stay the same until
 * something about the record changes.
 */
export function useRecord<Input, Output, Key extends keyof Input & keyof Output & string>(
  dataset: Dataset<Input, Output>,
  key: Key,
): readonly [value: Output[Key] | undefined, set: SetRecord<Input[Key], Output[Key]>, meta: RecordMeta] {
  const record = useMemo(() => recordOf(dataset, key), [dataset, key]);
  return useSyncExternalStore(record.subscribe, record.get, record.getOnServer);
}

/**
 * What a dataset is doing, or what the client of the provider is doing. With `select` the component renders again only
 * when what that answers changes.
 */
export function useSyncState(): ClientStatus;
export function useSyncState(dataset: Pick<Dataset, 'state'>): DatasetState;
export function useSyncState<Selected>(
  dataset: Pick<Dataset, 'state'>,
  select: (state: DatasetState) => Selected,
): Selected;
export function useSyncState(
  dataset?: Pick<Dataset, 'state'>,
  select: (state: never) => unknown = itself,
): unknown {
  const client = useContext(ClientContext);
  const state: Readable<object> = dataset ? dataset.state : provided(client).status;
  return useSelected(state, dataset ? unreadState : unknownStatus, select as (state: object) => unknown);
}

/**
 * Conflicts that wait for a person, and how to decide one. `error` says why they cannot be shown, as when the text of one
 * cannot be read.
 */
export function useConflicts<Input, Output>(
  dataset: Dataset<Input, Output>,
): readonly [
  conflicts: readonly Conflict<Output[keyof Output & string]>[],
  resolve: ResolveConflict<Output[keyof Output & string]>,
  error: unknown,
] {
  type Value = Output[keyof Output & string];
  const records = useMemo(() => conflictedOf(dataset), [dataset]);
  const conflicted = useSelected(records, none, itself);
  const [read, setRead] = useState<{
    readonly of?: unknown;
    readonly conflicts: readonly Conflict<Value>[];
    readonly error?: unknown;
  }>({ conflicts: none });
  useEffect(() => {
    let isWanted = true;
    const show = (next: typeof read) => isWanted && setRead(next);
    if (conflicted.length > 0) {
      dataset.conflicts().then(
        (conflicts) => show({ of: dataset, conflicts }),
        (error: unknown) => show({ of: dataset, conflicts: none, error }),
      );
    }
    return () => {
      isWanted = false;
    };
  }, [dataset, conflicted]);
  const resolve = useMemo<ResolveConflict<Value>>(
    () => (conflict, resolution) =>
      dataset.resolveConflict(conflict.key as keyof Output & string, resolution, conflict),
    [dataset],
  );
  const isCurrent = read.of === dataset && conflicted.length > 0;
  return [isCurrent ? read.conflicts : none, resolve, isCurrent ? read.error : undefined];
}

/** `onServer`: what there is where nothing has been read yet. It must be the same when the page is hydrated. */
function useSelected<T, Selected>(
  source: Readable<T>,
  onServer: T,
  select: (value: T) => Selected,
): Selected {
  // What was shown last: a selector that makes a new object each time is mostly a new function each time, too.
  const shown = useRef<{ readonly selected: Selected } | undefined>(undefined);
  const [get, getOnServer] = useMemo(() => {
    let last: { readonly value: T; readonly selected: Selected } | undefined;
    const selectFrom = (value: T) => {
      if (!last || !Object.is(last.value, value)) {
        const before = last ?? shown.current;
        const selected = select(value);
        last = { value, selected: before && isSame(before.selected, selected) ? before.selected : selected };
      }
      return last.selected;
    };
    return [() => selectFrom(source.get()), () => selectFrom(onServer)];
  }, [source, onServer, select]);
  const selected = useSyncExternalStore(source.subscribe, get, getOnServer);
  useEffect(() => {
    shown.current = { selected };
  }, [selected]);
  return selected;
}

function recordOf<Input, Output, Key extends keyof Input & keyof Output & string>(
  dataset: Dataset<Input, Output>,
  key: Key,
) {
  type State = ReturnType<typeof useRecord<Input, Output, Key>>;
  const set: SetRecord<Input[Key], Output[Key]> = (next) => {
    if (typeof next === 'function') return dataset.update(key, next as (value: unknown) => Input[Key]);
    return next === undefined ? dataset.remove(key) : dataset.set(key, next);
  };
  const unread: State = [undefined, set, { isReady: false, isDirty: false, isConflicted: false }];
  let last = unread;
  return {
    subscribe: (changed: () => void) => watchRecords(dataset, changed),
    getOnServer: () => unread,
    get(): State {
      const [value, , meta] = last;
      const kept = keptRecord(dataset, key);
      const next = dataset.peek(key);
      const nextMeta: RecordMeta = {
        isReady: dataset.state.get().isReady,
        isDirty: kept !== undefined && isDirty(kept),
        isConflicted: kept?.conflict !== undefined,
      };
      const sameMeta = isSame(meta, nextMeta);
      if (!sameMeta || !Object.is(value, next)) last = [next, set, sameMeta ? meta : nextMeta];
      return last;
    },
  };
}

function conflictedOf<Input, Output>(dataset: Dataset<Input, Output>): Readable<readonly unknown[]> {
  let last: readonly unknown[] = none;
  return {
    subscribe: (changed) => watchRecords(dataset, changed),
    get() {
      const next = conflictedRecords(dataset);
      if (!isSame(last, next)) last = next;
      return last;
    },
  };
}

function provided(client: SyncClient | undefined): SyncClient {
  if (client) return client;
  throw new Error('There is no <SyncProvider client={…}> around this component.');
}

const itself = <T>(value: T): T => value;
const none: readonly never[] = [];
const noValues = Object.freeze(Object.create(null));

const unreadState: DatasetState = {
  isReady: false,
  isSyncing: false,
  pending: 0,
  conflicts: 0,
  unreadable: 0,
  syncCount: 0,
  syncedAt: undefined,
  error: undefined,
};

const unknownStatus: ClientStatus = { identity: undefined, isOnline: true, isLeader: false, live: 'off' };
