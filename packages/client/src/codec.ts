import type { Eventual } from './eventual.ts';

/** Where a value is kept: a codec may bind it to its place. */
export interface Place {
  readonly dataset: string;
  readonly key: string;
}

/** Turns values into the texts that the service stores, and back. */
export interface Codec {
  encode(value: unknown, place: Place): Eventual<string>;
  /** Throws when the text is none of its own; the record then counts as unreadable and is left as it is. */
  decode(text: string, place: Place): Eventual<unknown>;
  /** The name under which the service stores the key. */
  encodeKey?(key: string, dataset: string): Eventual<string>;
  /** The key of what is stored under `storedKey` as `text`. */
  decodeKey?(storedKey: string, text: string, dataset: string): Eventual<string>;
}

/** Strings as they are: what the old clients store. */
export const textCodec: Codec = {
  encode(value) {
    if (typeof value !== 'string')
      throw new TypeError('only strings can be stored without a schema or a codec');
    return value;
  },
  decode: (text) => text,
};

/** Any JSON value. */
export const jsonCodec: Codec = {
  encode(value) {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError('this is nothing that JSON can express');
    return text;
  },
  decode: (text) => JSON.parse(text) as unknown,
};
