import { describe, expect, it } from 'vitest';
import { newIdentity } from '../src/domain/identity.ts';
import type { Login } from '../src/domain/login.ts';
import type { SignInCommand, SignInOutcome } from '../src/domain/sign-in.ts';
import type { UpdateRecordsCommand } from '../src/domain/update-records.ts';
import type { LaneClaim, Settlement } from '../src/ports/outbox.ts';
import type {
  ListingQuery,
  Page,
  PoolDatasetsQuery,
  Subscription,
  UpdateRecordsAnswer,
} from '../src/ports/store.ts';
import { MemoryStore } from '../src/stores/memory/memory-store.ts';
import { type OpenedStore, storeContractGroups } from '../src/testing/store-contract.ts';

/** Stores with one believable mistake each, and the group that has to notice it. */
const mistakes: readonly { group: string; mistake: string; store: new () => MemoryStore }[] = [
  {
    group: 'values',
    mistake: 'trims keys',
    store: class extends MemoryStore {
      override updateRecords(command: UpdateRecordsCommand) {
        const patches = command.patches.map((patch) => ({ ...patch, key: patch.key.trim() }));
        return super.updateRecords({ ...command, patches });
      }
    },
  },
  {
    group: 'values',
    mistake: 'takes an empty value for none',
    store: class extends MemoryStore {
      override updateRecords(command: UpdateRecordsCommand) {
        const patches = command.patches.map(({ value, ...patch }) => ({ ...patch, ...(value && { value }) }));
        return super.updateRecords({ ...command, patches });
      }
    },
  },
  {
    group: 'orders and pages',
    mistake: 'sorts names as people do',
    store: class extends MemoryStore {
      override async datasets(identityId: string, { after = '', limit }: Page) {
        const all = await super.datasets(identityId, { limit: 1_000 });
        const sorted = all.toSorted((left, right) => left.name.localeCompare(right.name));
        const begin = sorted.findIndex(({ name }) => name === after) + 1;
        return sorted.slice(begin, begin + limit);
      }
    },
  },
  {
    group: 'orders and pages',
    mistake: 'sorts keys by their UTF-16 units',
    store: class extends MemoryStore {
      override async listing(query: ListingQuery) {
        const listing = await super.listing(query);
        const records = listing.records.toSorted(
          (left, right) => left.syncCount - right.syncCount || (left.key < right.key ? -1 : 1),
        );
        return { ...listing, records };
      }
    },
  },
  {
    group: 'orders and pages',
    mistake: 'forgets the ceiling of the first page',
    store: class extends MemoryStore {
      override listing({ position, ...query }: ListingQuery) {
        return super.listing({
          ...query,
          ...(position && { position: { ...position, ceiling: Number.MAX_SAFE_INTEGER } }),
        });
      }
    },
  },
  {
    group: 'transactions',
    mistake: 'reads and writes in two transactions',
    store: class extends MemoryStore {
      override async updateRecords(command: UpdateRecordsCommand) {
        const { records } = await super.listing({ ...command, since: 0, limit: 1_000 });
        const counts = new Map(records.map(({ key, syncCount }) => [key, syncCount]));
        const isFresh = command.patches.every((patch) => (counts.get(patch.key) ?? 0) <= patch.syncCount);
        const syncCount = Number.MAX_SAFE_INTEGER;
        return super.updateRecords(
          isFresh
            ? { ...command, patches: command.patches.map((patch) => ({ ...patch, syncCount })) }
            : command,
        );
      }
    },
  },
  {
    group: 'sync counts',
    mistake: 'shows no tombstone of a deleted dataset',
    store: class extends MemoryStore {
      override async listing(query: ListingQuery) {
        const listing = await super.listing(query);
        return listing.dataset?.exists ? listing : { ...listing, dataset: undefined };
      }
    },
  },
  {
    group: 'usage and quotas',
    mistake: 'counts the storage of a pool up to a limit only',
    store: class extends MemoryStore {
      override async poolUsage(poolId: string) {
        const usage = await super.poolUsage(poolId);
        return usage && { ...usage, storageBytes: Math.min(usage.storageBytes, 9) };
      }
    },
  },
  {
    group: 'sessions',
    mistake: 'forgets when a spent session expires',
    store: class extends MemoryStore {
      override updateRecords(command: UpdateRecordsCommand) {
        return super.updateRecords({ ...command, session: { ...command.session, expiresAt: 0 } });
      }
    },
  },
  {
    group: 'devices and subscriptions',
    mistake: 'subscribes devices that nobody registered',
    store: class extends MemoryStore {
      override async subscribe(subscription: Subscription) {
        const outcome = await super.subscribe(subscription);
        return outcome === 'deviceNotFound' ? 'done' : outcome;
      }
    },
  },
  {
    group: 'pools and purge',
    mistake: 'says how much it was asked to purge',
    store: class extends MemoryStore {
      override async purge(limit: number) {
        return (await super.purge(limit)) === 0 ? 0 : limit;
      }
    },
  },
  {
    group: 'identities',
    mistake: 'counts what deleted identities stored',
    store: class extends MemoryStore {
      #stored = 0;
      override async deleteIdentities(identityIds: readonly string[], at: number) {
        for (const id of identityIds) this.#stored += (await super.identityUsage(id))?.storageBytes ?? 0;
        return super.deleteIdentities(identityIds, at);
      }
      override async poolUsage(poolId: string) {
        const usage = await super.poolUsage(poolId);
        return usage && { ...usage, storageBytes: usage.storageBytes + this.#stored };
      }
    },
  },
  {
    group: 'identities',
    mistake: 'finds logins in any case',
    store: class extends MemoryStore {
      override identityByLogin(poolId: string, { provider, subject }: Login) {
        return super.identityByLogin(poolId, { provider, subject: subject.toLowerCase() });
      }
    },
  },
  {
    group: 'erasing from the outbox',
    mistake: 'erases identities and leaves what was to be sent about them',
    store: class extends MemoryStore {
      override async purge(limit: number) {
        return this.open.erasable.splice(0, limit).length;
      }
    },
  },
  {
    group: 'signing in',
    mistake: 'looks for the login and makes the identity in two transactions',
    store: class extends MemoryStore {
      override async signIn(command: SignInCommand): Promise<SignInOutcome> {
        const [login] = command.logins;
        const identity = login && (await super.identityByLogin(command.poolId, login));
        if (identity) return super.signIn(command);
        const { newId, poolId, logins, at } = command;
        const created = { ...newIdentity(newId, poolId, logins, at), logins };
        return (await super.createIdentity(created))
          ? { kind: 'created', identity: created }
          : { kind: 'poolNotFound' };
      }
    },
  },
  {
    group: 'signing in',
    mistake: 'lets a disabled identity be written to',
    store: class extends MemoryStore {
      override async updateRecords(command: UpdateRecordsCommand): Promise<UpdateRecordsAnswer> {
        const outcome = await super.updateRecords(command);
        return outcome.kind === 'identityDisabled'
          ? { kind: 'accepted', syncCount: 1, records: [] }
          : outcome;
      }
    },
  },
  {
    group: 'merges',
    mistake: 'forgets the datasets of the loser',
    store: class extends MemoryStore {
      override async signIn(command: SignInCommand) {
        const outcome = await super.signIn(command);
        if (outcome.kind !== 'joined') return outcome;
        for (const { id } of outcome.disabled) {
          const { poolId, at } = command;
          for (const { name } of await super.datasets(outcome.identity.id, { limit: 100 })) {
            if (!name.endsWith(id)) continue;
            const identityId = outcome.identity.id;
            await super.deleteDataset({ poolId, identityId, datasetName: name, modifiedBy: id, at });
          }
        }
        return outcome;
      }
    },
  },
  {
    group: 'merges',
    mistake: 'keeps the sync counts of merged records',
    store: class extends MemoryStore {
      override async listing(query: ListingQuery) {
        const listing = await super.listing(query);
        const isMerged = query.datasetName.includes(':');
        const records = listing.records.map((record) => ({ ...record, syncCount: record.syncCount + 1 }));
        return isMerged ? { ...listing, records } : listing;
      }
    },
  },
  {
    group: 'developer keys',
    mistake: 'revokes a key again',
    store: class extends MemoryStore {
      readonly #revoked = new Map<string, number>();
      override async revokeDeveloperKey(accessKeyId: string, at: number) {
        this.#revoked.set(accessKeyId, at);
        await super.revokeDeveloperKey(accessKeyId, at);
        return this.developerKey(accessKeyId);
      }
      override async developerKey(accessKeyId: string) {
        const key = await super.developerKey(accessKeyId);
        const revokedAt = this.#revoked.get(accessKeyId);
        return key && { ...key, ...(revokedAt !== undefined && { revokedAt }) };
      }
    },
  },
  {
    group: 'developer keys',
    mistake: 'leaves revoked keys out of the list',
    store: class extends MemoryStore {
      override async developerKeys(page: Page) {
        return (await super.developerKeys(page)).filter(({ revokedAt }) => revokedAt === undefined);
      }
    },
  },
  {
    group: 'outbox',
    mistake: 'tells the device that writes, too',
    store: class extends MemoryStore {
      override updateRecords({ deviceId: _, ...command }: UpdateRecordsCommand) {
        return super.updateRecords(command);
      }
    },
  },
  {
    group: 'outbox',
    mistake: 'leases lanes for ever',
    store: class extends MemoryStore {
      override claimLanes(claim: LaneClaim) {
        return super.claimLanes({ ...claim, until: Number.MAX_SAFE_INTEGER });
      }
    },
  },
  {
    group: 'outbox',
    mistake: 'believes whoever settles',
    store: class extends MemoryStore {
      readonly #leases = new Map<number, string>();
      override async claimLanes(claim: LaneClaim) {
        const lanes = await super.claimLanes(claim);
        for (const { lane, lease } of lanes) this.#leases.set(lane, lease);
        return lanes;
      }
      override settleLanes(settlements: readonly Settlement[]) {
        const newest = ({ lane, lease }: Settlement) => this.#leases.get(lane) ?? lease;
        return super.settleLanes(settlements.map((given) => ({ ...given, lease: newest(given) })));
      }
    },
  },
  {
    group: 'bulk publish',
    mistake: 'forgets the name where a page ended',
    store: class extends MemoryStore {
      override poolDatasets({ after, ...query }: PoolDatasetsQuery) {
        return super.poolDatasets({ ...query, ...(after && { after: { ...after, datasetName: '~' } }) });
      }
    },
  },
  {
    group: 'lifetime',
    mistake: 'goes on after its end',
    store: class extends MemoryStore {
      override async close() {}
    },
  },
  {
    group: 'model',
    mistake: 'says there is no more when a page is full',
    store: class extends MemoryStore {
      override async listing(query: ListingQuery) {
        const listing = await super.listing(query);
        return { ...listing, more: listing.more && listing.records.length < query.limit };
      }
    },
  },
];

/** The names of the cases that fail. */
async function failures(groupName: string, open: () => OpenedStore): Promise<readonly string[]> {
  const failed: string[] = [];
  const group = storeContractGroups.find(({ name }) => name === groupName);
  for (const contractCase of group?.cases ?? []) {
    const opened = open();
    if (contractCase.needs && !opened[contractCase.needs]) continue;
    await contractCase.run(opened).catch(() => failed.push(contractCase.name));
  }
  return failed;
}

function opened(store: MemoryStore): OpenedStore {
  return { store, dispose: () => store.close() };
}

describe('the store contract has teeth', () => {
  it('for every group', () => {
    const bitten = new Set(mistakes.map(({ group }) => group));
    expect([...bitten].sort()).toEqual(storeContractGroups.map(({ name }) => name).sort());
  });

  it.each(mistakes)('$group: a store that $mistake fails', async ({ group, store }) => {
    expect(await failures(group, () => opened(new store()))).not.toEqual([]);
  });

  it.each(storeContractGroups)('$name: the memory store passes', async ({ name }) => {
    expect(await failures(name, () => opened(new MemoryStore()))).toEqual([]);
  });
});
