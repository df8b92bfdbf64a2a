import { describe, expect, it } from 'vitest';
import type { UpdateRecordsCommand } from '../src/domain/update-records.ts';
import type { ListingQuery, Page, Subscription } from '../src/ports/store.ts';
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
