import type { Identity } from '../domain/identity.ts';
import type { ChangeFeed } from '../ports/change-feed.ts';
import type { Store } from '../ports/store.ts';

/** The store, with whatever it commits told to the feed before the writer hears of it. */
export function announcingStore(store: Store, feed: ChangeFeed): Store {
  const announcing: Partial<Store> = {
    async updateRecords(command) {
      const outcome = await store.updateRecords(command);
      if (outcome.kind !== 'accepted') return outcome;
      const { identityId, datasetName, deviceId } = command;
      const { syncCount } = outcome;
      feed.changed(identityId, { datasetName, syncCount, ...(deviceId !== undefined && { deviceId }) });
      return outcome;
    },
    async deleteDataset(command) {
      const outcome = await store.deleteDataset(command);
      if (outcome.kind === 'deleted') {
        const { name: datasetName, syncCount } = outcome.tombstone;
        feed.changed(command.identityId, { datasetName, syncCount, deleted: true });
      }
      return outcome;
    },
    async signIn(command) {
      const outcome = await store.signIn(command);
      if (outcome.kind === 'joined') joined(outcome);
      return outcome;
    },
    async mergeDeveloperUsers(command) {
      const outcome = await store.mergeDeveloperUsers(command);
      if (outcome.kind === 'joined') joined(outcome);
      return outcome;
    },
    async unlinkLogins(command) {
      const outcome = await store.unlinkLogins(command);
      if (outcome.kind === 'unlinked' && outcome.identity.disabled) {
        feed.identityEnded(outcome.identity.id, 'disabled');
      }
      return outcome;
    },
    async deleteIdentities(identityIds, at) {
      const deleted = await store.deleteIdentities(identityIds, at);
      for (const identityId of deleted) feed.identityEnded(identityId, 'deleted');
      return deleted;
    },
    async deletePool(poolId) {
      const existed = await store.deletePool(poolId);
      if (existed) feed.poolDeleted(poolId);
      return existed;
    },
  };

  function joined({ identity, disabled }: { identity: Identity; disabled: readonly Identity[] }): void {
    for (const loser of disabled) feed.identityEnded(loser.id, 'disabled');
    if (disabled.length > 0) feed.datasetsCame(identity.id);
  }

  return new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(announcing, name)) return Reflect.get(announcing, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
