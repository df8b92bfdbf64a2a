import type { StreamRecord } from '../../domain/outbox.ts';
import type { ClaimedLane, LaneClaim, Settlement } from '../../ports/outbox.ts';
import type { Store } from '../../ports/store.ts';
import { aDevice, identityId, poolId, put, settle, update } from './scene.ts';

/** One pool whose changes go to the stream `changes`, with identities 1 to `identities`. */
export async function settleWithStream(store: Store, identities = 1): Promise<void> {
  await settle(store, identities);
  await enableStream(store, 'changes');
}

export async function enableStream(store: Store, StreamName: string): Promise<void> {
  await store.changePool(poolId(1), { streams: { StreamName, StreamingStatus: 'ENABLED' } });
}

/** One more write of an identity. */
export async function write(store: Store, identity = 1, datasetName = 'settings', deviceId?: string) {
  const change = { identityId: identityId(identity), datasetName, ...(deviceId && { deviceId }) };
  return await update(store, [put('k', 'v')], change);
}

/** A dataset, and devices that are subscribed to it. */
export async function subscribe(store: Store, deviceIds: readonly string[], datasetName = 'settings') {
  for (const id of deviceIds) {
    await store.registerDevice(aDevice(id), 99);
    await store.subscribe({ poolId: poolId(1), identityId: identityId(1), datasetName, deviceId: id });
  }
}

let leases = 0;

export function aClaim(change: Partial<LaneClaim> = {}): LaneClaim {
  leases += 1;
  return {
    kind: 'stream',
    destination: 'changes',
    at: 500_000,
    until: 560_000,
    lease: `lease ${leases}`,
    lanes: 100,
    perLane: 100,
    deliveries: 100,
    characters: 1_000_000,
    ...change,
  };
}

export function claim(store: Store, change: Partial<LaneClaim> = {}): Promise<readonly ClaimedLane[]> {
  return store.claimLanes(aClaim(change));
}

export function pushClaim(store: Store, change: Partial<LaneClaim> = {}): Promise<readonly ClaimedLane[]> {
  return claim(store, { kind: 'push', destination: 'GCM', ...change });
}

/** Everything of the lane was sent, or `done` of it. */
export function sent({ lane, lease, deliveries }: ClaimedLane, done = deliveries.length): Settlement {
  const doneUpTo = deliveries[done - 1]?.id;
  return { lane, lease, ...(doneUpTo !== undefined && { doneUpTo }), tries: 0, readyAt: 500_000 };
}

/** The first of the lane failed, and the lane waits. */
export function failed({ lane, lease, tries }: ClaimedLane, readyAt: number): Settlement {
  return { lane, lease, tries: tries + 1, readyAt };
}

/** The first of the lane is given up. */
export function died(claimed: ClaimedLane): Settlement {
  const id = claimed.deliveries[0]?.id ?? 0;
  return { ...sent(claimed, 0), dead: { id, reason: 'refused: too odd', at: 510_000 } };
}

/** `identity:sync count` of each delivery, lane by lane. */
export function changesOf(lanes: readonly ClaimedLane[]): readonly (readonly string[])[] {
  return lanes.map(({ deliveries }) =>
    deliveries.map(({ payload }) => {
      const { identityId: id, syncCount } = JSON.parse(payload) as StreamRecord;
      return `${Number(id.slice(-12))}:${syncCount}`;
    }),
  );
}
