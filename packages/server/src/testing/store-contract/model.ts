import fc from 'fast-check';
import { expect } from 'vitest';
import { newIdentity } from '../../domain/identity.ts';
import type { Patch } from '../../domain/update-records.ts';
import type { Store } from '../../ports/store.ts';
import { MemoryStore } from '../../stores/memory/memory-store.ts';
import type { ContractGroup } from './contract.ts';
import { aDeletion, aDevice, anUpdate, aPool, everything, google, user } from './scene.ts';

/**
 * Any sequence of calls must have the same results, and leave the same state, as with the memory store. Few names, small
 * quotas and low counts, so that calls meet each other. Every run has ids of its own in one store.
 */
interface Run {
  readonly reference: Store;
  readonly ids: Ids;
  clock: number;
}

interface Ids {
  readonly prefix: string;
  readonly pools: readonly string[];
  readonly identities: readonly string[];
}

const poolNumbers = [0, 1] as const;
const identityNumbers = [0, 1, 2, 3] as const;
const datasetNames = ['a', 'a.b', 'a.c', 'B'];
const keys = ['k', 'K', 'k ', '\ufffd', '\u{1f600}', '__proto__'];
const deviceIds = ['phone', 'tablet'];
const quotas = { datasetsPerIdentity: 3, recordsPerDataset: 5, bytesPerDataset: 60 };

function idsOfRun(run: number): Ids {
  const prefix = `eu-west-1:${run.toString(16).padStart(8, '0')}`;
  return {
    prefix,
    pools: poolNumbers.map((number) => `${prefix}-0000-4000-8000-00000000000${number}`),
    identities: identityNumbers.map((number) => `${prefix}-1111-4111-8111-00000000000${number}`),
  };
}

/** One call, made of the reference and of the store, with the same result. */
class Call implements fc.AsyncCommand<Run, Store> {
  readonly #text: string;
  readonly #call: (store: Store, ids: Ids, at: number) => Promise<unknown>;

  constructor(name: string, drawn: unknown, call: (store: Store, ids: Ids, at: number) => Promise<unknown>) {
    this.#text = `${name}(${fc.stringify(drawn)})`;
    this.#call = call;
  }

  check(): boolean {
    return true;
  }

  async run(run: Run, store: Store): Promise<void> {
    run.clock += 1;
    const expected = await settled(this.#call(run.reference, run.ids, run.clock));
    expect(await settled(this.#call(store, run.ids, run.clock)), this.#text).toEqual(expected);
  }

  toString(): string {
    return this.#text;
  }
}

/** Only that a call fails is the same in every store, not in which words. */
async function settled(call: Promise<unknown>): Promise<unknown> {
  try {
    return { value: await call };
  } catch {
    return 'rejected';
  }
}

const pool = fc.constantFrom(...poolNumbers);
const identity = fc.constantFrom(...identityNumbers);
const datasetName = fc.constantFrom(...datasetNames);
const deviceId = fc.constantFrom(...deviceIds);
const key = fc.constantFrom(...keys);
const syncCount = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(99));
const limit = fc.integer({ min: 1, max: 4 });
const value = fc.constantFrom('', 'v', 'é', '\u{1f600}', 'x'.repeat(20));

const patch: fc.Arbitrary<Patch> = fc.oneof(
  fc.record({ key, value, syncCount }),
  fc.record({ key, syncCount }),
  fc.record({ key, value, syncCount, deviceLastModifiedAt: fc.integer({ min: 0, max: 10_000 }) }),
);
const patches = fc.uniqueArray(patch, { maxLength: 5, selector: (drawn) => drawn.key });
/** Where an identity begins. */
const poolOf = (number: number) => number % poolNumbers.length;
// Mostly where something is.
const mostly = <Value>(usual: Value, others: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: others });
const login = fc.constantFrom(google('ann'), google('bob'), user('ann'), user('bob'), user('é'));
const place = identity.chain((number) =>
  fc.record({
    pool: mostly<number>(poolOf(number), pool),
    identity: fc.constant(number),
    datasetName: mostly('a', datasetName),
  }),
);
type Place = typeof place extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function placed({ pools, identities }: Ids, drawn: Place) {
  return {
    poolId: pools[drawn.pool] ?? '',
    identityId: identities[drawn.identity] ?? '',
    datasetName: drawn.datasetName,
  };
}

const createPool = pool.map(
  (number) =>
    new Call('createPool', number, (store, ids, at) =>
      store.createPool(aPool(1, { id: ids.pools[number] ?? '', createdAt: at })),
    ),
);

const createIdentity = fc.record({ pool, identity }).map(
  (drawn) =>
    new Call('createIdentity', drawn, (store, ids, at) => {
      const { poolId, identityId } = placed(ids, { ...drawn, datasetName: '' });
      return store.createIdentity(newIdentity(identityId, poolId, [], at));
    }),
);

const changePool = fc
  .record({
    pool,
    events: fc.dictionary(fc.constantFrom('SyncTrigger', 'constructor'), fc.constantFrom('', 'arn')),
  })
  .map(
    (drawn) =>
      new Call('changePool', drawn, (store, ids) =>
        store.changePool(ids.pools[drawn.pool] ?? '', { events: drawn.events }),
      ),
  );

const deletePool = pool.map(
  (number) => new Call('deletePool', number, (store, ids) => store.deletePool(ids.pools[number] ?? '')),
);

const signIn = fc
  .record({
    place,
    logins: fc.uniqueArray(login, { minLength: 1, maxLength: 3 }),
    isPresented: fc.boolean(),
    isProven: mostly(false, fc.constant(true)),
    isDevelopers: mostly(false, fc.constant(true)),
    created: identity,
  })
  .map(
    (drawn) =>
      new Call('signIn', drawn, (store, ids, at) => {
        const { poolId, identityId } = placed(ids, drawn.place);
        const [first] = drawn.logins;
        return store.signIn({
          poolId,
          logins: drawn.logins,
          isProven: drawn.isProven,
          developerProvider: 'backend',
          newId: ids.identities[drawn.created] ?? '',
          at,
          ...(drawn.isPresented && { presentedId: identityId }),
          ...(drawn.isDevelopers && first && { developerLogin: first }),
        });
      }),
  );

const unlinking = fc
  .record({ place, unlink: fc.array(login, { maxLength: 2 }), proof: fc.option(fc.array(login)) })
  .map(
    (drawn) =>
      new Call('unlinkLogins', drawn, (store, ids, at) =>
        store.unlinkLogins({
          ...placed(ids, drawn.place),
          unlink: drawn.unlink,
          at,
          ...(drawn.proof && { proof: drawn.proof }),
        }),
      ),
  );

const merge = fc.record({ pool, source: login, destination: login }).map(
  (drawn) =>
    new Call('mergeDeveloperUsers', drawn, (store, ids, at) =>
      store.mergeDeveloperUsers({
        poolId: ids.pools[drawn.pool] ?? '',
        developerProvider: 'backend',
        source: drawn.source.subject,
        destination: drawn.destination.subject,
        at,
      }),
    ),
);

const deleteIdentities = fc.array(identity, { maxLength: 3 }).map(
  (drawn) =>
    new Call('deleteIdentities', drawn, (store, ids, at) =>
      store.deleteIdentities(
        drawn.map((number) => ids.identities[number] ?? ''),
        at,
      ),
    ),
);

const identities = fc
  .record({ pool, limit, after: fc.option(identity), hideDisabled: fc.boolean(), login })
  .map(
    (drawn) =>
      new Call('identities', drawn, async (store, ids) => {
        const poolId = ids.pools[drawn.pool] ?? '';
        const after = drawn.after === null ? {} : { after: ids.identities[drawn.after] ?? '' };
        const { hideDisabled } = drawn;
        return [
          await store.identities({ poolId, limit: drawn.limit, hideDisabled, ...after }),
          await store.identityByLogin(poolId, drawn.login),
        ];
      }),
  );

/** How much one purge finds depends on the purges before it, so only that it works is compared. */
const purge = limit.map(
  (drawn) => new Call('purge', drawn, async (store) => void (await store.purge(drawn))),
);

const update = fc
  .record({
    place,
    patches,
    session: fc.integer({ min: 0, max: 5 }),
    lifetime: fc.integer({ min: 0, max: 20 }),
  })
  .map(
    (drawn) =>
      new Call('updateRecords', drawn, (store, ids, at) =>
        store.updateRecords(
          anUpdate(drawn.patches, {
            ...placed(ids, drawn.place),
            session: { sessionId: `session ${drawn.session}`, expiresAt: at + drawn.lifetime },
            quotas,
            at,
          }),
        ),
      ),
  );

const deletion = place.map(
  (drawn) =>
    new Call('deleteDataset', drawn, (store, ids, at) =>
      store.deleteDataset(aDeletion({ ...placed(ids, drawn), at })),
    ),
);

const registration = fc.record({ place, deviceId, token: fc.constantFrom('token', 'Token') }).map(
  (drawn) =>
    new Call('registerDevice', drawn, (store, ids, at) =>
      store.registerDevice(
        {
          ...aDevice(drawn.deviceId, 1, drawn.token),
          identityId: placed(ids, drawn.place).identityId,
          registeredAt: at,
        },
        2,
      ),
    ),
);

const subscription = fc
  .record({ place, deviceId, method: fc.constantFrom('subscribe', 'unsubscribe') })
  .map(
    (drawn) =>
      new Call(drawn.method, drawn, (store, ids) =>
        store[drawn.method]({ ...placed(ids, drawn.place), deviceId: drawn.deviceId }),
      ),
  );

const position = fc.record({ ceiling: syncCount, syncCount, key });
const noPosition = fc.constant(undefined);

const listing = fc
  .record({ place, since: fc.integer({ min: 0, max: 3 }), limit, position: fc.oneof(noPosition, position) })
  .map(
    (drawn) =>
      new Call('listing', drawn, (store, ids) =>
        store.listing({
          ...placed(ids, drawn.place),
          since: drawn.since,
          limit: drawn.limit,
          ...(drawn.position && { position: drawn.position }),
        }),
      ),
  );

const datasets = fc.record({ place, limit, after: fc.option(datasetName) }).map(
  (drawn) =>
    new Call('datasets', drawn, (store, ids) =>
      store.datasets(placed(ids, drawn.place).identityId, {
        limit: drawn.limit,
        ...(drawn.after !== null && { after: drawn.after }),
      }),
    ),
);

const pools = limit.map(
  (drawn) =>
    new Call('pools', drawn, async (store, { prefix }) => {
      const page = { after: prefix, limit: drawn };
      const found = [await store.pools(page), await store.poolUsages(page)];
      return found.map((items) => items.filter((item) => JSON.stringify(item).includes(prefix)));
    }),
);

/** What builds up comes often, what tears down seldom: else there would be little to find. */
const weighted: readonly (readonly [number, fc.Arbitrary<Call>])[] = [
  [16, update],
  [8, listing],
  [4, registration],
  [4, subscription],
  [4, signIn],
  [2, identities],
  [1, unlinking],
  [1, merge],
  [1, deleteIdentities],
  [2, createIdentity],
  [2, deletion],
  [2, datasets],
  [2, pools],
  [2, changePool],
  [1, createPool],
  [1, deletePool],
  [1, purge],
];

const commands = fc.commands(
  weighted.flatMap(([weight, call]) => Array.from({ length: weight }, () => call)),
  { maxCommands: 80, size: 'max' },
);

/** Most calls need a pool and an identity, so every run begins with some. */
async function furnish(store: Store, { ids, clock }: Run): Promise<void> {
  for (const id of ids.pools) await store.createPool(aPool(1, { id, createdAt: clock }));
  for (const [index, id] of ids.identities.entries()) {
    const poolId = ids.pools[poolOf(index)] ?? '';
    await store.createIdentity(newIdentity(id, poolId, [], clock));
  }
}

async function compareWithReference(store: Store): Promise<void> {
  let runs = 0;
  const property = fc.asyncProperty(commands, async (calls) => {
    const run: Run = { reference: new MemoryStore(), ids: idsOfRun(++runs), clock: 1_000 };
    for (const kept of [run.reference, store]) await furnish(kept, run);
    await fc.asyncModelRun(() => ({ model: run, real: store }), calls);
    const merged = run.ids.identities.map((id) => `a.${id}`);
    const all = (kept: Store) =>
      everything(kept, run.ids.pools, run.ids.identities, [...datasetNames, ...merged], deviceIds);
    expect(await all(store)).toEqual(await all(run.reference));
  });
  await fc.assert(property, { numRuns: 100 });
}

export const modelGroup: ContractGroup = {
  name: 'model',
  cases: [
    {
      name: 'any sequence of calls does the same as with the memory store',
      run: ({ store }) => compareWithReference(store),
    },
  ],
};
