import type { GivenKey } from './domain/developer-key.ts';

const form =
  'a JSON list of keys, each {"accessKeyId", "secretAccessKey"} and, if wanted, "description", "pools", "readOnly", "expires"';

const members = ['accessKeyId', 'secretAccessKey', 'description', 'pools', 'readOnly', 'expires'];

export const accessKeyIdForm = { pattern: /^[A-Za-z0-9]{16,128}$/, wanted: '16 to 128 letters and digits' };
export const secretForm = {
  pattern: /^[\x21-\x7e]{16,128}$/,
  wanted: '16 to 128 visible characters without spaces',
};

/**
 * The developer keys that `HOLDALL_DEVELOPER_KEYS` gives.
 *
 * @throws Error saying what is wanted and which key is wrong in what, without repeating any of it
 */
export function parseDeveloperKeys(text: string): readonly GivenKey[] {
  const list = parseJson(text);
  if (!Array.isArray(list)) throw new Error(form);
  const keys = list.map((item: unknown, index) => parseKey(item, index + 1));
  const ids = keys.map(({ accessKeyId }) => accessKeyId);
  const repeated = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (repeated >= 0) throw wrong(repeated + 1, 'accessKeyId is that of a key before it');
  return keys;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote secrets.
    throw new Error(form);
  }
}

function parseKey(item: unknown, number: number): GivenKey {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw wrong(number, 'it is not an object');
  }
  const key = item as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(key).findIndex((name) => !members.includes(name));
  if (unknown >= 0) throw wrong(number, `it has a member that is none of ${members.join(', ')}`);
  const { description = '', pools, readOnly = false, expires } = key;
  if (typeof description !== 'string') throw wrong(number, 'description must be a text');
  if (typeof readOnly !== 'boolean') throw wrong(number, 'readOnly must be true or false');
  return {
    accessKeyId: textOf(key.accessKeyId, accessKeyIdForm, number, 'accessKeyId'),
    secretAccessKey: textOf(key.secretAccessKey, secretForm, number, 'secretAccessKey'),
    scope: { readOnly, ...(pools !== undefined && { poolIds: poolsOf(pools, number) }) },
    ...(expires !== undefined && { expiresAt: instantOf(expires, number) }),
  };
}

function textOf(
  value: unknown,
  { pattern, wanted }: { readonly pattern: RegExp; readonly wanted: string },
  number: number,
  name: string,
): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw wrong(number, `${name} must be ${wanted}`);
}

function poolsOf(value: unknown, number: number): readonly string[] {
  const ids: readonly unknown[] = Array.isArray(value) ? value : [];
  const texts = ids.filter((id) => typeof id === 'string');
  if (texts.length === 0 || texts.length < ids.length) {
    throw wrong(number, 'pools must be a list of one or more pool ids');
  }
  return texts;
}

function instantOf(value: unknown, number: number): number {
  const instant =
    typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(instant)) throw wrong(number, 'expires must be a time such as 2027-01-31T00:00:00Z');
  return instant;
}

function wrong(number: number, what: string): Error {
  return new Error(`${form} (in key ${number}, ${what})`);
}
