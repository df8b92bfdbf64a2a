/** A key that was changed here and elsewhere since both sides last agreed. Undefined values: the key is absent there. */
export interface Conflict<Value = unknown> {
  readonly dataset: string;
  readonly key: string;
  /** The last value both sides agreed on. */
  readonly base: Value | undefined;
  readonly local: {
    readonly value: Value | undefined;
    /** Epoch milliseconds by the service's clock. */
    readonly changedAt: number;
  };
  readonly remote: {
    readonly value: Value | undefined;
    /** When the service took it, epoch milliseconds. */
    readonly changedAt: number;
    /** What the other device said, epoch milliseconds. */
    readonly deviceChangedAt?: number;
    /** An identity, an account or a device. */
    readonly changedBy?: string;
    readonly syncCount: number;
    /** The merged dataset it comes from, when two identities of one user were joined. */
    readonly from?: string;
  };
}

/** What becomes of a conflict. */
export type Resolution<Value = unknown> =
  | { readonly use: 'local' }
  | { readonly use: 'remote' }
  /** Undefined removes the key. */
  | { readonly use: 'value'; readonly value: Value | undefined }
  /** Keeps the local value and the conflict, for `dataset.conflicts` and `dataset.resolveConflict`. */
  | { readonly use: 'defer' };

/** Decides a conflict. It may ask a person and take its time; when it throws, the sync fails and changes nothing. */
export interface Resolver<Value = unknown> {
  (conflict: Conflict<Value>): Resolution<Value> | Promise<Resolution<Value>>;
  /** Ask even when both sides have the same value: two devices that counted from 5 to 6 have counted twice. */
  readonly evenWhenEqual?: boolean;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What is here. */
export const local: Resolver = () => ({ use: 'local' });

/** What is there. */
export const remote: Resolver = () => ({ use: 'remote' });

/** Nobody yet: the local value stays, and a person decides later. */
export const defer: Resolver = () => ({ use: 'defer' });

/**
 * The later change wins. Local changes are stamped with the service's clock; a remote one counts with what its device
 * said, but not as later than the service took it. At a tie the remote one wins, so that all devices agree.
 */
export const lastWriter: Resolver = ({ local, remote }) => {
  const remoteAt = Math.min(remote.deviceChangedAt ?? remote.changedAt, remote.changedAt);
  return { use: local.changedAt > remoteAt ? 'local' : 'remote' };
};

/** Merges three versions by a function of the app. A side that removed the key gives undefined. */
export function merge<Value>(
  combine: (
    base: Value | undefined,
    local: Value | undefined,
    remote: Value | undefined,
  ) => Value | undefined,
): Resolver<Value> {
  return ({ base, local, remote }) => ({ use: 'value', value: combine(base, local.value, remote.value) });
}

/**
 * Merges JSON objects member by member, at every depth. Where both sides changed the same member (an array is one
 * value), the later change wins.
 */
export const json: Resolver = (conflict) => {
  const { base, local, remote } = conflict;
  const prefersLocal = lastWriterOf(conflict) === 'local';
  return {
    use: 'value',
    value: mergeJson(base as Json, local.value as Json, remote.value as Json, prefersLocal),
  };
};

/** A number that both sides added to, or took from. */
export const counter: Resolver<number> = Object.assign(
  ({ base = 0, local, remote }: Conflict<number>): Resolution<number> => ({
    use: 'value',
    value: (local.value ?? 0) + (remote.value ?? 0) - base,
  }),
  { evenWhenEqual: true },
);

/** A list without order or repetition: what either side added is in, what either side removed is out. */
export const set: Resolver<readonly Json[]> = ({ base = [], local, remote }) => {
  const known = new Set(base.map(text));
  const here = new Map((local.value ?? []).map((item) => [text(item), item]));
  const there = new Map((remote.value ?? []).map((item) => [text(item), item]));
  const merged = new Map(
    [...there, ...here].filter(([name]) => (known.has(name) ? here.has(name) && there.has(name) : true)),
  );
  return { use: 'value', value: [...merged.values()] };
};

/** The greater of two numbers (or texts): a high score. */
export const max: Resolver<number | string> = ({ local, remote }) => {
  if (local.value === undefined || remote.value === undefined) {
    return { use: local.value === undefined ? 'remote' : 'local' };
  }
  return { use: local.value > remote.value ? 'local' : 'remote' };
};

function lastWriterOf(conflict: Conflict): 'local' | 'remote' {
  return (lastWriter(conflict) as { use: 'local' | 'remote' }).use;
}

const text = (value: unknown) => JSON.stringify(value);

type JsonObject = { readonly [name: string]: Json };

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function mergeJson(
  base: Json | undefined,
  local: Json | undefined,
  remote: Json | undefined,
  prefersLocal: boolean,
): Json | undefined {
  if (text(local) === text(remote) || text(local) === text(base)) return remote;
  if (text(remote) === text(base)) return local;
  if (!isObject(local) || !isObject(remote)) return prefersLocal ? local : remote;
  const common = isObject(base) ? base : {};
  const names = new Set([...Object.keys(remote), ...Object.keys(local)]);
  const member = (object: JsonObject, name: string) =>
    Object.hasOwn(object, name) ? object[name] : undefined;
  const merged = [...names].map((name): [string, Json | undefined] => [
    name,
    mergeJson(member(common, name), member(local, name), member(remote, name), prefersLocal),
  ]);
  return Object.fromEntries(merged.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}
