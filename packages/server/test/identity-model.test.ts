import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guestAccess } from '../src/domain/guest-access.ts';
import { type Identity, newIdentity } from '../src/domain/identity.ts';
import type { Login } from '../src/domain/login.ts';
import type { MergeDeveloperUsersOutcome } from '../src/domain/merge-developer-users.ts';
import type { SignInOutcome } from '../src/domain/sign-in.ts';
import type { Store } from '../src/ports/store.ts';
import { MemoryStore } from '../src/stores/memory/memory-store.ts';
import { SqliteStore } from '../src/stores/sqlite/sqlite-store.ts';
import { anUpdate, aPool, google, put, user } from '../src/testing/store-contract/scene.ts';

// Whatever callers do at the same time with identities and logins:
//
// 1. A login belongs to one identity, which is enabled; a disabled identity has none.
// 2. Every record that was written is there once, under the identity that its identity has become; unless that was
//    deleted, then it is gone.
// 3. A disabled identity is refused, with whatever login, unless it became the identity that the login belongs to.

type Step =
  | { readonly kind: 'guest' }
  | {
      readonly kind: 'signIn';
      readonly logins: readonly Login[];
      readonly presented?: number;
      readonly isProven: boolean;
    }
  | { readonly kind: 'update'; readonly identity: number; readonly dataset: string }
  | { readonly kind: 'unlink'; readonly identity: number; readonly provider: string }
  | { readonly kind: 'merge'; readonly source: string; readonly destination: string }
  | { readonly kind: 'delete'; readonly identity: number };

const logins = [google('ann'), google('bob'), user('ann'), user('bob'), user('eve')];
const login = fc.constantFrom(...logins);
const provider = fc.constantFrom(google('ann').provider, user('ann').provider);
const subject = fc.constantFrom('ann', 'bob', 'eve');
/** Which of the identities that there are, in the order in which they came up. */
const identity = fc.nat({ max: 20 });

function step<Kind extends Step['kind']>(kind: Kind, shape: object): fc.Arbitrary<Step> {
  return fc.record({ kind: fc.constant(kind), ...shape }) as unknown as fc.Arbitrary<Step>;
}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: step('guest', {}) },
  {
    weight: 5,
    arbitrary: fc
      .record({
        logins: fc.uniqueArray(login, { minLength: 1, maxLength: 2 }),
        presented: fc.option(identity),
        isProven: fc.boolean(),
      })
      .map(({ presented, ...drawn }) => ({
        kind: 'signIn' as const,
        ...drawn,
        ...(presented !== null && { presented }),
      })),
  },
  {
    weight: 6,
    arbitrary: step('update', { identity, dataset: fc.constantFrom('a', 'a.b', 'x'.repeat(128)) }),
  },
  { weight: 2, arbitrary: step('unlink', { identity, provider }) },
  { weight: 1, arbitrary: step('merge', { source: subject, destination: subject }) },
  { weight: 1, arbitrary: step('delete', { identity }) },
);

/** Those of one round are taken at the same time. */
const rounds = fc.array(fc.array(anyStep, { minLength: 1, maxLength: 10 }), {
  minLength: 3,
  maxLength: 12,
  size: 'max',
});

/** One pool and what happened in it. */
class Run {
  readonly #store: Store;
  readonly #prefix: string;
  readonly poolId: string;
  /** Every identity that ever was. */
  readonly identityIds: string[] = [];
  /** Key → the identity that it was written to. */
  readonly written = new Map<string, string>();
  /** Where identities went, also those that were deleted later. */
  readonly #mergedInto = new Map<string, string>();
  #count = 0;

  constructor(store: Store, number: number) {
    this.#store = store;
    this.#prefix = `eu-west-1:${number.toString(16).padStart(8, '0')}`;
    this.poolId = `${this.#prefix}-0000-4000-8000-000000000000`;
  }

  async play(allRounds: readonly (readonly Step[])[]): Promise<void> {
    await this.#store.createPool(aPool(1, { id: this.poolId }));
    await this.#take({ kind: 'guest' });
    for (const round of allRounds) await Promise.all(round.map((one) => this.#take(one)));
  }

  async #take(step: Step): Promise<void> {
    const at = ++this.#count;
    const newId = `${this.#prefix}-1111-4111-8111-${at.toString(16).padStart(12, '0')}`;
    const { poolId } = this;
    switch (step.kind) {
      case 'guest':
        this.identityIds.push(newId);
        await this.#store.createIdentity(newIdentity(newId, poolId, [], at));
        return;
      case 'signIn': {
        this.identityIds.push(newId);
        const presentedId = step.presented === undefined ? {} : { presentedId: this.#named(step.presented) };
        const { logins, isProven } = step;
        this.#note(await this.signIn({ logins, isProven, newId, at, ...presentedId }));
        return;
      }
      case 'update': {
        const identityId = this.#named(step.identity);
        const key = `key ${at}`;
        const change = { poolId, identityId, datasetName: step.dataset, at };
        const outcome = await this.#store.updateRecords(anUpdate([put(key, 'v')], change));
        if (outcome.kind === 'accepted') this.written.set(key, identityId);
        return;
      }
      case 'unlink':
        await this.#store.unlinkLogins({
          poolId,
          identityId: this.#named(step.identity),
          unlink: [{ provider: step.provider }],
          at,
        });
        return;
      case 'merge': {
        const { source, destination } = step;
        const command = { poolId, developerProvider: 'backend', source, destination, at };
        this.#note(await this.#store.mergeDeveloperUsers(command));
        return;
      }
      case 'delete':
        await this.#store.deleteIdentities([this.#named(step.identity)], at);
    }
  }

  #note(outcome: SignInOutcome | MergeDeveloperUsersOutcome): void {
    if (outcome.kind !== 'joined') return;
    for (const { id } of outcome.disabled) this.#mergedInto.set(id, outcome.identity.id);
  }

  /** Who has what the identity had, or had it when it was deleted. */
  survivorOf(identityId: string): string {
    const next = this.#mergedInto.get(identityId);
    return next === undefined ? identityId : this.survivorOf(next);
  }

  #named(number: number): string {
    return this.identityIds[number % this.identityIds.length] ?? '';
  }

  signIn(
    change: Pick<Parameters<Store['signIn']>[0], 'logins' | 'isProven' | 'newId' | 'at'> & {
      presentedId?: string;
    },
  ) {
    return this.#store.signIn({ poolId: this.poolId, developerProvider: 'backend', ...change });
  }

  /** All the keys of the identity, each as often as it is there. */
  async keysOf(identityId: string): Promise<readonly string[]> {
    const datasets = await this.#store.datasets(identityId, { limit: 10_000 });
    const listings = datasets.map(({ name: datasetName }) =>
      this.#store.listing({ identityId, datasetName, since: 0, limit: 10_000 }),
    );
    return (await Promise.all(listings)).flatMap(({ records }) => records.map(({ key }) => key));
  }
}

async function checkInvariants(store: Store, run: Run): Promise<void> {
  const found = await store.identities({ poolId: run.poolId, limit: 10_000 });
  const owned = found.flatMap((each) =>
    each.logins.map((own) => ({ own, id: each.id, disabled: each.disabled })),
  );
  expect(owned.filter(({ disabled }) => disabled)).toEqual([]);
  expect(new Set(owned.map(({ own }) => JSON.stringify(own))).size).toBe(owned.length);
  for (const { own, id } of owned) expect((await store.identityByLogin(run.poolId, own))?.id).toBe(id);

  const expected = new Map(found.map(({ id }) => [id, [] as string[]]));
  for (const [key, identityId] of run.written) {
    expected.get(run.survivorOf(identityId))?.push(key);
  }
  for (const [identityId, keys] of expected) {
    expect((await run.keysOf(identityId)).toSorted()).toEqual(keys.toSorted());
  }

  for (const disabled of found.filter((each) => each.disabled)) {
    expect(guestAccess(disabled)).toBe('identityDisabled');
    const survivor = survivorAmong(found, disabled.id);
    for (const { own, id } of owned) {
      const attempt = { logins: [own], isProven: true, presentedId: disabled.id, newId: 'never', at: 1 };
      const outcome = await run.signIn(attempt);
      if (survivor?.id === id) expect(outcome).toEqual({ kind: 'known', identity: survivor });
      else expect(outcome).toEqual({ kind: 'identityDisabled' });
    }
  }
}

/** Where the identity has gone in the end. A deleted identity in between has taken the way with it. */
function survivorAmong(found: readonly Identity[], identityId: string): Identity | undefined {
  const identity = found.find(({ id }) => id === identityId);
  return identity?.mergedInto === undefined ? identity : survivorAmong(found, identity.mergedInto);
}

async function checkProperty(store: Store, numRuns: number): Promise<void> {
  let runs = 0;
  const seen = { unlinked: 0, merged: 0, written: 0 };
  await fc.assert(
    fc.asyncProperty(rounds, async (drawn) => {
      const run = new Run(store, ++runs);
      await run.play(drawn);
      await checkInvariants(store, run);
      for (const { disabled, mergedInto } of await store.identities({ poolId: run.poolId, limit: 10_000 })) {
        if (mergedInto !== undefined) seen.merged++;
        else if (disabled) seen.unlinked++;
      }
      seen.written += run.written.size;
    }),
    { numRuns },
  );
  // A property that nothing happens in holds easily.
  expect(seen.merged).toBeGreaterThan(numRuns / 4);
  expect(seen.unlinked).toBeGreaterThan(numRuns / 40);
  expect(seen.written).toBeGreaterThan(numRuns);
}

describe('whatever happens at the same time, logins, data and refusals stay what they have to be', () => {
  it('in the memory store', async () => {
    await checkProperty(new MemoryStore(), 500);
  });

  it('in the SQLite store', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdall-identities-'));
    const store = await SqliteStore.open({ file: join(folder, 'data.db') });
    try {
      await checkProperty(store, 200);
    } finally {
      await store.close();
      rmSync(folder, { recursive: true });
    }
  });
});
