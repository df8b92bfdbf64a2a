import { join } from 'node:path';
import { liveChanges } from '@holdall/client/live';
import { sqliteStore } from '@holdall/client/stores/node-sqlite';
import type { OpenDevice, User } from './device.ts';
import { openHoldall } from './holdall-device.ts';

/** One change that a device sends and another shows. */
export interface Latency {
  /** From the moment that the sender begins to synchronise. */
  readonly ms: number;
  /** Of that, until the sender knows that the service has it. */
  readonly sentMs: number;
}

/** The receiver listens to the stream of changes and synchronises by itself. */
export async function changesHeard(user: User, directory: string, times: number): Promise<Latency[]> {
  const dataset = 'heard';
  await using stack = new AsyncDisposableStack();
  const sender = await openHoldall(user, dataset, sqliteStore(join(directory, 'sender.db')));
  stack.defer(() => sender.close());
  const store = sqliteStore(join(directory, 'receiver.db'));
  const receiver = await openHoldall(user, dataset, store, { live: liveChanges(), autoSync: true });
  stack.defer(() => receiver.close());
  await receiver.dataset.firstSync;
  await isLive(receiver.client.status);

  const latencies: Latency[] = [];
  for (let time = 0; time < times; time++) {
    await sender.put('colour', `${time}`);
    const seen = Promise.withResolvers<number>();
    const unsubscribe = receiver.dataset.subscribe(() => {
      if (receiver.dataset.peek('colour') === `${time}`) seen.resolve(performance.now());
    });
    const startedAt = performance.now();
    await sender.synchronize();
    const sentMs = performance.now() - startedAt;
    latencies.push({ ms: (await seen.promise) - startedAt, sentMs });
    unsubscribe();
  }
  return latencies;
}

/** The receiver asks at the very moment that the service has the change, as no timer of an app can. */
export async function changesAskedFor(user: User, open: OpenDevice, times: number): Promise<Latency[]> {
  const dataset = 'asked';
  const sender = await open(user, dataset);
  const receiver = await open(user, dataset);
  await sender.synchronize();
  await receiver.synchronize();
  const latencies: Latency[] = [];
  for (let time = 0; time < times; time++) {
    await sender.put('colour', `${time}`);
    const startedAt = performance.now();
    await sender.synchronize();
    const sentMs = performance.now() - startedAt;
    await receiver.synchronize();
    latencies.push({ ms: performance.now() - startedAt, sentMs });
    if ((await receiver.get('colour')) !== `${time}`) throw new Error('The change was not received.');
  }
  await sender.close();
  await receiver.close();
  return latencies;
}

interface Status {
  get(): { readonly live: string };
  subscribe(listener: () => void): () => void;
}

function isLive(status: Status): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (status.get().live !== 'live') return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = status.subscribe(look);
    queueMicrotask(look);
  });
}
