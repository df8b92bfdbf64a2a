import { CognitoSyncManager } from '@holdall/client/compat';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Service, startService, type User } from './devices.ts';

// The same history, through the facade and through the new API, leaves the same at the service and on the devices.

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

type Choice = 'local' | 'remote' | 'value';

type Step =
  | { readonly do: 'put'; readonly device: number; readonly key: string; readonly value: string }
  | { readonly do: 'remove'; readonly device: number; readonly key: string }
  | { readonly do: 'sync'; readonly device: number; readonly choice: Choice }
  | { readonly do: 'delete' };

/** A device of either API. */
interface Device {
  put(key: string, value: string): Promise<unknown>;
  remove(key: string): Promise<unknown>;
  sync(choice: Choice): Promise<unknown>;
  all(): Promise<Readonly<Record<string, string>>>;
}

const key = fc.constantFrom('a', 'b', 'c');
const device = fc.nat({ max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      device,
      key,
      value: fc.constantFrom('', '1', '2', '3'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), device, key }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('sync' as const),
      device,
      choice: fc.constantFrom<Choice[]>('local', 'remote', 'value'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'delete' as const }) },
);

async function throughFacade(user: User): Promise<Device> {
  const dataset = await new CognitoSyncManager({ client: service.client(user) }).openOrCreateDataset(
    'settings',
  );
  return {
    put: (key, value) => dataset.put(key, value),
    remove: (key) => dataset.remove(key),
    all: () => dataset.getAll(),
    sync: (choice) =>
      dataset.synchronize({
        onConflict(given, conflicts, go) {
          const records = conflicts.map((conflict) => {
            if (choice === 'local') return conflict.resolveWithLocalRecord();
            if (choice === 'remote') return conflict.resolveWithRemoteRecord();
            return conflict.resolveWithValue('merged');
          });
          void given.resolve(records, () => go(true));
        },
        onDatasetDeleted: (_dataset, _name, go) => go(true),
      }),
  };
}

async function throughNewApi(user: User): Promise<Device> {
  let choice: Choice = 'local';
  const dataset = service.client(user).dataset('settings', {
    resolve: () => (choice === 'value' ? { use: 'value', value: 'merged' } : { use: choice }),
    onRemoteDelete: 'discard',
  });
  return {
    put: (key, value) => dataset.set(key, value),
    remove: (key) => dataset.remove(key),
    all: async () => ({ ...(await dataset.all()) }) as Record<string, string>,
    sync: (wanted) => {
      choice = wanted;
      return dataset.sync();
    },
  };
}

async function played(steps: readonly Step[], open: (user: User) => Promise<Device>) {
  const user = await service.newUser();
  const devices = [await open(user), await open(user)];
  for (const step of steps) {
    if (step.do === 'delete') {
      await service.sync.deleteDataset({ ...user.ids, DatasetName: 'settings' }).catch(() => undefined);
      continue;
    }
    const device = devices[step.device];
    if (step.do === 'put') await device?.put(step.key, step.value);
    if (step.do === 'remove') await device?.remove(step.key);
    if (step.do === 'sync') await device?.sync(step.choice);
  }
  const settled = {
    content: await service.content(user),
    devices: await Promise.all(devices.map((one) => one.all())),
  };
  for (const one of devices) await one.sync('local');
  for (const one of devices) await one.sync('local');
  return {
    settled,
    content: await service.content(user),
    devices: await Promise.all(devices.map((one) => one.all())),
  };
}

test('any history ends the same through both APIs', async () => {
  const history = fc.array(step, { minLength: 4, maxLength: 24 });
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const [facade, newApi] = [await played(steps, throughFacade), await played(steps, throughNewApi)];
      expect(facade).toEqual(newApi);
    }),
    { numRuns: 40 },
  );
});

test('the histories do meet conflicts', async () => {
  const steps: Step[] = [
    { do: 'put', device: 0, key: 'a', value: '1' },
    { do: 'sync', device: 0, choice: 'local' },
    { do: 'put', device: 1, key: 'a', value: '2' },
    { do: 'sync', device: 1, choice: 'value' },
  ];
  expect((await played(steps, throughFacade)).content).toEqual({ a: 'merged' });
});
