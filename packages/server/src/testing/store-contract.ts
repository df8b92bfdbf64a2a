import { describe, it } from 'vitest';
import { bulkPublishGroup } from './store-contract/bulk-publish.ts';
import type { ContractGroup, OpenedStore } from './store-contract/contract.ts';
import { developerKeysGroup } from './store-contract/developer-keys.ts';
import { devicesGroup } from './store-contract/devices.ts';
import { identitiesGroup } from './store-contract/identities.ts';
import { lifetimeGroup } from './store-contract/lifetime.ts';
import { mergesGroup } from './store-contract/merges.ts';
import { modelGroup } from './store-contract/model.ts';
import { ordersGroup } from './store-contract/orders.ts';
import { outboxGroup } from './store-contract/outbox.ts';
import { outboxErasureGroup } from './store-contract/outbox-erasure.ts';
import { poolsGroup } from './store-contract/pools.ts';
import { sessionsGroup } from './store-contract/sessions.ts';
import { signInGroup } from './store-contract/sign-in.ts';
import { syncCountsGroup } from './store-contract/sync-counts.ts';
import { transactionsGroup } from './store-contract/transactions.ts';
import { usageGroup } from './store-contract/usage.ts';
import { valuesGroup } from './store-contract/values.ts';

export type { ContractGroup, OpenedStore } from './store-contract/contract.ts';

/** What the port promises, as cases that every store has to pass. */
export const storeContractGroups: readonly ContractGroup[] = [
  valuesGroup,
  ordersGroup,
  transactionsGroup,
  syncCountsGroup,
  usageGroup,
  sessionsGroup,
  devicesGroup,
  poolsGroup,
  identitiesGroup,
  signInGroup,
  mergesGroup,
  developerKeysGroup,
  outboxGroup,
  outboxErasureGroup,
  bulkPublishGroup,
  lifetimeGroup,
  modelGroup,
];

/** Declares the contract's tests for one store. `open` gives an empty store to each case. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`the store contract: ${name}`, () => {
    for (const group of storeContractGroups) {
      describe(group.name, () => {
        for (const contractCase of group.cases) {
          it(contractCase.name, async ({ skip }) => {
            const opened = await open();
            try {
              const { needs } = contractCase;
              if (needs && !opened[needs]) skip(`${name} has no ${needs}`);
              await contractCase.run(opened);
            } finally {
              await opened.dispose();
            }
          });
        }
      });
    }
  });
}
