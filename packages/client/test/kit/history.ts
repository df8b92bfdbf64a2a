import fc from 'fast-check';

/** One thing that a device or a developer does, in terms of what earlier steps of the history made. */
export type HistoryStep =
  | { readonly kind: 'newGuest' }
  | { readonly kind: 'list'; readonly since: number; readonly size?: number; readonly token?: number }
  | { readonly kind: 'nextPage' }
  | {
      readonly kind: 'update';
      readonly patches: readonly HistoryPatch[];
      readonly token: number;
      readonly device: boolean;
    }
  | { readonly kind: 'delete' | 'describe' | 'listDatasets' | 'usage' | 'register' | 'credentials' | 'watch' }
  | { readonly kind: 'subscription'; readonly begins: boolean }
  /** With a developer's word, or with the token of a login provider. */
  | { readonly kind: 'signIn' | 'login'; readonly user: number; readonly presents: boolean }
  | { readonly kind: 'claim'; readonly token: number }
  | { readonly kind: 'wait'; readonly ms: number };

export interface HistoryPatch {
  readonly key: string;
  /** Null to remove. */
  readonly value: string | null;
  /** How far below the dataset's count, as the client knows it, the count of the patch is. */
  readonly behind: number;
}

/** A step, with the identity and the dataset that it is about. */
export interface Step {
  readonly who: number;
  readonly dataset: string;
  readonly does: HistoryStep;
}

const oddKeys = ['', '\uffff', '😀', '__proto__', 'k'.repeat(1025)];
const patch: fc.Arbitrary<HistoryPatch> = fc.record({
  key: fc.oneof({ weight: 40, arbitrary: fc.constantFrom('a', 'b', 'z') }, fc.constantFrom(...oddKeys)),
  value: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('1', '2', '') },
    { weight: 2, arbitrary: fc.constant(null) },
    // So that the quotas of the test, which are small, are met.
    fc.constant('x'.repeat(150)),
  ),
  behind: fc.constantFrom(0, 0, 0, 0, 1, 2, -1, 1000),
});

/** 0 is the newest session token of the place, 1 the one before; 9 is another place's. */
const token = fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.constantFrom(1, 2, 9));
const does: fc.Arbitrary<HistoryStep> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ kind: 'newGuest' } as const) },
  {
    weight: 7,
    arbitrary: fc.record(
      {
        kind: fc.constant('list' as const),
        since: fc.constantFrom(0, 0, 0, 0, 0, 1, 1, 2, 3, -1, 50),
        size: fc.constantFrom(1, 1, 2, 2, 0),
      },
      { requiredKeys: ['kind', 'since'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('list' as const), since: fc.constant(0), token }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: 'nextPage' } as const) },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      patches: fc.oneof(
        { weight: 9, arbitrary: fc.uniqueArray(patch, { maxLength: 3, selector: ({ key }) => key }) },
        fc.array(patch, { maxLength: 5 }),
      ),
      token,
      device: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'delete',
        'describe',
        'listDatasets',
        'usage',
        'register',
        'credentials',
        'watch',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('subscription' as const), begins: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('signIn' as const),
      user: fc.nat({ max: 2 }),
      presents: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('claim' as const), token: fc.nat({ max: 2 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('login' as const),
      user: fc.nat({ max: 1 }),
      presents: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      // Session tokens live for 5 minutes, credentials for an hour.
      ms: fc.constantFrom(1000, 1000, 6 * 60_000, 6 * 60_000, 61 * 60_000),
    }),
  },
);

/** Stands for a merged copy that the identity was told of, if it was. */
export const mergedCopy = 'a merged copy';

/** A history of what devices of a few users do. */
export const history: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    who: fc.constantFrom(0, 0, 0, 1, 1, 2),
    dataset: fc.constantFrom('notes', 'notes', 'notes', 'notes', 'other', 'third', mergedCopy),
    does,
  }),
  { minLength: 12, maxLength: 50 },
);
