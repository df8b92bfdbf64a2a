import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Codec, jsonCodec, textCodec } from './codec.ts';
import type { DatasetOptions } from './dataset-options.ts';
import { type Eventual, whenReady } from './eventual.ts';
import { lastWriter, type Resolver } from './resolvers.ts';
import { SyncError } from './sync-error.ts';

/** What a key's text means: its value, or why it cannot be read. */
export type Reading =
  | { readonly key: string; readonly value: unknown }
  | { readonly key: string; readonly error: SyncError };

/** Knows how the values of one dataset are checked, written, read and merged: its schema, codec and resolvers. */
export class ValueReader {
  readonly #dataset: string;
  readonly #options: DatasetOptions;
  readonly #codec: Codec;

  constructor(dataset: string, options: DatasetOptions) {
    this.#dataset = dataset;
    this.#options = options;
    this.#codec = options.codec ?? (options.schema ? jsonCodec : textCodec);
  }

  /**
   * The text of a value, and the value as reads will answer it.
   *
   * @throws SyncError `INVALID` saying what is wrong with it
   */
  write(key: string, input: unknown): Eventual<{ readonly text: string; readonly value: unknown }> {
    const place = { dataset: this.#dataset, key };
    return this.#failing(key, 'cannot be stored', () =>
      whenReady(this.#check(key, input), (value) =>
        whenReady(this.#codec.encode(input, place), (text) => ({ text, value })),
      ),
    );
  }

  /** Never throws: what cannot be read is a reading too, and stays as it is. */
  read(storedKey: string, text: string): Eventual<Reading> {
    const fault = (key: string, cause: unknown): Reading => ({
      key,
      error: this.#fault(key, 'cannot be read', cause),
    });
    return settled(
      () => this.#codec.decodeKey?.(storedKey, text, this.#dataset) ?? storedKey,
      (key) =>
        settled(
          () =>
            whenReady(this.#codec.decode(text, { dataset: this.#dataset, key }), (value) =>
              this.#check(key, value),
            ),
          (value): Reading => ({ key, value }),
          (cause) => fault(key, cause),
        ),
      (cause) => fault(storedKey, cause),
    );
  }

  /** What a text means, in the text that the codec writes today; undefined when it cannot be read. */
  async rewritten(storedKey: string, text: string): Promise<string | undefined> {
    const place = { dataset: this.#dataset, key: storedKey };
    const read = async () => {
      place.key = (await this.#codec.decodeKey?.(storedKey, text, this.#dataset)) ?? storedKey;
      return { value: await this.#codec.decode(text, place) };
    };
    const decoded = await read().catch(() => undefined);
    return decoded && this.#codec.encode(decoded.value, place);
  }

  storedKey(key: string): Eventual<string> {
    return this.#codec.encodeKey?.(key, this.#dataset) ?? key;
  }

  resolver(key: string): Resolver {
    const { resolve } = this.#options;
    if (typeof resolve === 'function') return resolve;
    const own = resolve && Object.hasOwn(resolve, key) ? resolve[key] : resolve?.['*'];
    return own ?? lastWriter;
  }

  #check(key: string, input: unknown): Eventual<unknown> {
    const { schema } = this.#options;
    if (!schema) return input;
    const validator = Object.hasOwn(schema, key) ? schema[key] : schema['*'];
    if (!validator) throw new TypeError(`the schema has no '${key}'`);
    return whenReady(validator['~standard'].validate(input), (result) => {
      if (!result.issues) return result.value;
      throw new TypeError(result.issues.map(issueText).join('; '));
    });
  }

  #failing<T>(key: string, what: string, work: () => Eventual<T>): Eventual<T> {
    const fail = (cause: unknown): never => {
      throw this.#fault(key, what, cause);
    };
    try {
      const result = work();
      return result instanceof Promise ? result.catch(fail) : result;
    } catch (cause) {
      return fail(cause);
    }
  }

  #fault(key: string, what: string, cause: unknown): SyncError {
    const dataset = this.#dataset;
    const message = `'${key}' in '${dataset}' ${what}: ${(cause as Error)?.message ?? cause}.`;
    return new SyncError('INVALID', message, { cause, dataset, key });
  }
}

function settled<T, Result>(
  work: () => Eventual<T>,
  done: (value: T) => Eventual<Result>,
  failed: (cause: unknown) => Result,
): Eventual<Result> {
  try {
    const value = work();
    return value instanceof Promise ? value.then(done, failed) : done(value);
  } catch (cause) {
    return failed(cause);
  }
}

function issueText({ message, path }: StandardSchemaV1.Issue): string {
  const where = path?.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
  return where ? `${where}: ${message}` : message;
}
