import { isDirty } from '../record-rules.ts';
import type { Replica } from '../replica.ts';
import { type Callback, told } from './callbacks.ts';
import { type LegacyDatasetMetadata, metadataOf } from './dataset-metadata.ts';
import { failure } from './failure.ts';
import type { Consent, TextDataset } from './questions.ts';
import { LegacyRecord, recordOf } from './record.ts';
import type { RemoteMetadata } from './remote-datasets.ts';
import { resolved } from './resolve.ts';
import { type SynchronizeCallbacks, synchronized } from './synchronize.ts';

const keyForm = /^[a-zA-Z0-9_.:-]{1,128}$/;

/** What a dataset needs of its manager. */
export interface LegacyHost {
  /** Resolves when the client's user is the app's; `asks`: of the service, if need be. */
  readonly settle: (asks?: boolean) => Promise<void>;
  readonly identityId: () => string | undefined;
  /** What the service said of its datasets when it was asked last. */
  readonly remote: ReadonlyMap<string, RemoteMetadata>;
  readonly log: (message: string) => void;
}

/** `AWS.CognitoSyncManager.Dataset`. Every method calls back and returns a promise. */
export class LegacyDataset {
  MAX_RETRY = 3;
  readonly datasetName: string;
  readonly #core: TextDataset;
  readonly #consent: Consent;
  readonly #host: LegacyHost;

  /** Made by `manager.openOrCreateDataset`. */
  constructor(core: TextDataset, consent: Consent, host: LegacyHost) {
    this.datasetName = core.name;
    this.#core = core;
    this.#consent = consent;
    this.#host = host;
  }

  validateKey(key: string): boolean {
    return keyForm.test(key);
  }

  getIdentityId(): string | undefined {
    return this.#host.identityId();
  }

  put(key: string, value: string, callback?: Callback<LegacyRecord>): Promise<LegacyRecord> {
    return told(this.#put(key, value), callback);
  }

  /** Nothing happens when the key is not there. */
  remove(key: string, callback?: Callback<LegacyRecord>): Promise<LegacyRecord> {
    return told(this.#put(key, null), callback);
  }

  /** All of them or none. */
  putAll(values: Readonly<Record<string, string>>, callback?: Callback<true>): Promise<true> {
    return told(this.#edit(values), callback);
  }

  get(key: string, callback?: Callback<string | undefined>): Promise<string | undefined> {
    return this.#inTurn(callback, () => this.#core.peek(key), key);
  }

  getAll(callback?: Callback<Record<string, string>>): Promise<Record<string, string>> {
    return this.#inTurn(callback, () => ({ ...this.#core.values.get() }) as Record<string, string>);
  }

  /** Deleted ones too, as long as they are known of. */
  getAllRecords(callback?: Callback<LegacyRecord[]>): Promise<LegacyRecord[]> {
    return this.#inTurn(callback, ({ records }) => [...records.values()].map(recordOf));
  }

  getModifiedRecords(callback?: Callback<LegacyRecord[]>): Promise<LegacyRecord[]> {
    return this.#inTurn(callback, ({ records }) => [...records.values()].filter(isDirty).map(recordOf));
  }

  isChanged(key: string, callback?: Callback<boolean>): Promise<boolean> {
    return this.#inTurn(callback, () => this.#record(key).modified, key);
  }

  getDatasetMetadata(callback?: Callback<LegacyDatasetMetadata>): Promise<LegacyDatasetMetadata> {
    return this.#inTurn(callback, (replica) => this.#metadata(replica));
  }

  /** Bytes of keys and values: at the service when it was asked last, or else on this device. */
  getDataStorage(callback?: Callback<number>): Promise<number> {
    return this.#inTurn(callback, (replica) => this.#metadata(replica).dataStorage);
  }

  /** Merged datasets that were folded into this one and are still at the service. */
  getLocalMergedDatasets(callback?: Callback<string[]>): Promise<string[]> {
    return this.#inTurn(callback, ({ head }) => [...(head.folded ?? [])]);
  }

  resolve(resolvedRecords: readonly LegacyRecord[], callback?: Callback<true>): Promise<true> {
    return this.#inTurn(callback, () => resolved(this.#core, resolvedRecords));
  }

  /**
   * Resolves with the records that were changed here because they were changed elsewhere; `retry`: how often it begins
   * anew after a question. Its rejection may go unheard, as without `onFailure`.
   */
  synchronize(callbacks: SynchronizeCallbacks = {}, retry = this.MAX_RETRY): Promise<LegacyRecord[]> {
    return told(this.#synchronized(callbacks, retry), (error, records = []) => {
      if (error) callbacks.onFailure?.(error);
      else callbacks.onSuccess?.(this, records);
    });
  }

  async #synchronized(callbacks: SynchronizeCallbacks, retries: number): Promise<LegacyRecord[]> {
    const { settle, log } = this.#host;
    await settle(true);
    const job = { dataset: this, core: this.#core, consent: this.#consent, callbacks, retries, log };
    const keys = await synchronized(job);
    return [...keys].map((key) => this.#record(key));
  }

  async #put(key: string, value: string | null): Promise<LegacyRecord> {
    await this.#edit({ [key]: value });
    return this.#record(key);
  }

  #record(key: string): LegacyRecord {
    const kept = this.#core.replica?.records.get(key);
    return kept ? recordOf(kept) : new LegacyRecord({ Key: key });
  }

  async #edit(values: Readonly<Record<string, string | null>>): Promise<true> {
    const entries = Object.entries(values);
    for (const [key, value] of entries) {
      this.#check(key);
      if (value !== null && typeof value !== 'string') this.#refuse(key, 'must be a string');
    }
    await this.#settled();
    await this.#core.transact((transaction) => {
      for (const [key, value] of entries) {
        if (value === null) transaction.remove(key);
        else transaction.set(key, value);
      }
    });
    return true;
  }

  #check(key: string): void {
    if (!this.validateKey(key)) this.#refuse(key, `does not match ${keyForm}`);
  }

  #refuse(key: string, why: string): never {
    throw failure('INVALID', this.datasetName, `'${key}' ${why}`, key);
  }

  #metadata({ head, records }: Replica): LegacyDatasetMetadata {
    return metadataOf({ head, records: [...records.values()] }, this.#host.remote.get(this.datasetName));
  }

  #inTurn<T>(
    callback: Callback<T> | undefined,
    work: (replica: Replica) => T | Promise<T>,
    key?: string,
  ): Promise<T> {
    const done = async () => {
      if (key !== undefined) this.#check(key);
      return work(await this.#settled());
    };
    return told(done(), callback);
  }

  /** All that is done waits for the same, so that calls keep their order. */
  async #settled(): Promise<Replica> {
    await this.#host.settle();
    // Gone for a moment while the user changes.
    while (!this.#core.replica) await this.#core.ready;
    return this.#core.replica;
  }
}
