import { expect } from 'vitest';
import type { Device } from '../../domain/identity.ts';
import type { Store } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import { aDeletion, aDevice, aPool, identityId, poolId, put, settle, update } from './scene.ts';

function aSubscription(deviceId: string, datasetName = 'settings') {
  return { poolId: poolId(1), identityId: identityId(1), datasetName, deviceId };
}

/** The device that the store knows from now on. */
async function register(store: Store, device: Device): Promise<Device> {
  const outcome = await store.registerDevice(device, 99);
  if (outcome.kind !== 'registered') throw new Error(`The registration came to ${outcome.kind}.`);
  return outcome.device;
}

const cases: readonly ContractCase[] = [
  {
    name: 'no more devices than there may be are registered, and known ones always',
    async run({ store }) {
      await settle(store, 2);
      const phone = aDevice('phone');
      await store.registerDevice(phone, 1);
      expect(await store.registerDevice(aDevice('tablet'), 1)).toEqual({ kind: 'tooManyDevices' });
      expect(await store.device(identityId(1), 'tablet')).toBeUndefined();
      expect(await store.registerDevice(phone, 1)).toEqual({ kind: 'registered', device: phone });
      const others = aDevice('others', 2);
      expect(await store.registerDevice(others, 1)).toEqual({ kind: 'registered', device: others });
    },
  },
  {
    name: 'a device comes back, under its identity only',
    async run({ store }) {
      await settle(store, 2);
      const phone = aDevice('phone');
      expect(await register(store, phone)).toEqual(phone);
      expect(await store.device(identityId(1), 'phone')).toEqual(phone);
      expect(await store.device(identityId(2), 'phone')).toBeUndefined();
      expect(await store.device(identityId(1), 'Phone')).toBeUndefined();
    },
  },
  {
    name: 'the same platform and token of one identity is the same device',
    async run({ store }) {
      await settle(store, 2);
      const phone = aDevice('phone', 1, 'token');
      await register(store, phone);
      expect(await register(store, aDevice('again', 1, 'token'))).toEqual(phone);
      expect(await store.device(identityId(1), 'again')).toBeUndefined();

      const others = [
        aDevice('other token', 1, 'Token'),
        { ...aDevice('other platform', 1, 'token'), platform: 'APNS' },
        aDevice('other identity', 2, 'token'),
      ];
      for (const other of others) expect(await register(store, other)).toEqual(other);
    },
  },
  {
    name: 'concurrent registrations of one token make one device',
    async run({ store }) {
      await settle(store);
      const registrations = Array.from({ length: 10 }, (_, index) => aDevice(`phone ${index}`, 1, 'token'));
      const devices = await Promise.all(registrations.map((device) => register(store, device)));
      expect(new Set(devices.map((device) => device.id)).size).toBe(1);
    },
  },
  {
    name: 'there is no device without an identity',
    async run({ store }) {
      await settle(store);
      expect(await store.registerDevice(aDevice('phone', 9), 9)).toEqual({ kind: 'identityNotFound' });
      expect(await store.device(identityId(9), 'phone')).toBeUndefined();
    },
  },
  {
    name: 'subscribing and unsubscribing, once or many times; devices come in binary order',
    async run({ store }) {
      await settle(store);
      await update(store, [put('k', 'v')]);
      await update(store, [put('k', 'v')], { datasetName: 'other' });
      for (const id of ['b', 'a', 'B']) await register(store, aDevice(id));
      for (const id of ['b', 'a', 'B', 'a']) expect(await store.subscribe(aSubscription(id))).toBe('done');
      expect(await store.subscribedDevices(identityId(1), 'settings')).toEqual(['B', 'a', 'b']);
      expect(await store.subscribedDevices(identityId(1), 'other')).toEqual([]);
      expect(await store.unsubscribe(aSubscription('a'))).toBe('done');
      expect(await store.unsubscribe(aSubscription('a'))).toBe('done');
      expect(await store.unsubscribe(aSubscription('b', 'other'))).toBe('done');
      expect(await store.subscribedDevices(identityId(1), 'settings')).toEqual(['B', 'b']);
    },
  },
  {
    name: 'a subscription needs a dataset that exists, then a device, in the pool that is named',
    async run({ store }) {
      await settle(store);
      await store.createPool(aPool(2));
      await register(store, aDevice('phone'));
      for (const change of [store.subscribe.bind(store), store.unsubscribe.bind(store)]) {
        expect(await change(aSubscription('phone', 'never'))).toBe('datasetNotFound');
        expect(await change(aSubscription('nobody', 'never'))).toBe('datasetNotFound');
        await update(store, [put('k', 'v')]);
        expect(await change(aSubscription('nobody'))).toBe('deviceNotFound');
        expect(await change({ ...aSubscription('phone'), poolId: poolId(2) })).toBe('datasetNotFound');
        await store.deleteDataset(aDeletion());
        expect(await change(aSubscription('phone'))).toBe('datasetNotFound');
      }
      expect(await store.subscribedDevices(identityId(1), 'settings')).toEqual([]);
    },
  },
  {
    name: 'subscriptions outlive the deletion of the dataset',
    async run({ store }) {
      await settle(store);
      await update(store, [put('k', 'v')]);
      await register(store, aDevice('phone'));
      await store.subscribe(aSubscription('phone'));
      await store.deleteDataset(aDeletion());
      expect(await store.subscribedDevices(identityId(1), 'settings')).toEqual(['phone']);
      await update(store, [put('k', 'v')]);
      expect(await store.subscribedDevices(identityId(1), 'settings')).toEqual(['phone']);
    },
  },
];

export const devicesGroup: ContractGroup = { name: 'devices and subscriptions', cases };
