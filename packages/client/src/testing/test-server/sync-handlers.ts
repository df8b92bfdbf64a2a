import { type InputOf, ServiceError, type syncOperations } from '@holdall/protocol';
import type { Handlers } from './handlers.ts';
import { listRecords } from './list-records.ts';
import { type Call, existingPool, inPool, invalid, notFound, type Scene } from './scene.ts';
import { seal, unseal } from './sealed.ts';
import { invalidPage, pageSize } from './sessions.ts';
import { compareBinary, type Dataset, type Identity, liveNames, sizeOf } from './state.ts';
import { updateRecords } from './update-records.ts';
import { wireDataset, wireRecord } from './wire-values.ts';

const mostDevices = 256;

/** The operations of Cognito Sync that devices use, and the one that lets devices register. */
export function syncHandlers(scene: Scene) {
  return {
    ListRecords: (input, call) => listRecords(scene, input, call),
    UpdateRecords: (input, call) => ({ Records: updateRecords(scene, input, call).map(wireRecord) }),
    DeleteDataset: (input, call) => deleteDataset(scene, input, call),

    DescribeDataset(input, call) {
      const dataset = identityOf(scene, input, call)?.datasets.get(input.DatasetName);
      if (!dataset?.exists) throw notFound('Dataset', input.DatasetName);
      return { Dataset: wireDataset(input.IdentityId, dataset) };
    },

    ListDatasets(input) {
      const size = pageSize(input.MaxResults);
      const scope = `datasets of ${input.IdentityId}`;
      const after = openPage(input.NextToken, scope);
      const identity = inPool(scene, input);
      const names = liveNames(identity).filter((name) => compareBinary(name, after) > 0);
      const page = names.slice(0, size).flatMap((name) => identity?.datasets.get(name) ?? []);
      const last = names.length > size ? page.at(-1) : undefined;
      return {
        Datasets: page.map((dataset) => wireDataset(input.IdentityId, dataset)),
        Count: page.length,
        ...(last && { NextToken: seal('datasets', { scope, after: last.name }) }),
      };
    },

    DescribeIdentityUsage(input) {
      const identity = inPool(scene, input);
      if (!identity) throw notFound('Identity', input.IdentityId);
      const datasets = [...identity.datasets.values()];
      return {
        IdentityUsage: {
          IdentityId: identity.id,
          IdentityPoolId: identity.poolId,
          LastModifiedDate: Math.max(identity.modifiedAt, ...datasets.map(({ modifiedAt }) => modifiedAt)),
          DatasetCount: datasets.filter(({ exists }) => exists).length,
          DataStorage: datasets.reduce((total, { records }) => total + sizeOf(records.values()).bytes, 0),
        },
      };
    },

    RegisterDevice(input) {
      const pool = existingPool(scene, input.IdentityPoolId);
      const platforms = (pool.configuration.PushSync?.ApplicationArns ?? []).map((arn) => arn.split('/')[1]);
      if (!platforms.includes(input.Platform)) {
        throw new ServiceError(
          'InvalidConfigurationException',
          `Identity pool ${pool.id} is not set up for push sync on ${input.Platform}`,
        );
      }
      const identity = scene.kept.identities.get(input.IdentityId);
      if (!identity || identity.disabled) throw notFound('Identity', input.IdentityId);
      const known = [...identity.devices.values()].find(
        ({ platform, token }) => platform === input.Platform && token === input.Token,
      );
      if (known) return { DeviceId: known.id };
      if (identity.devices.size >= mostDevices) {
        throw invalid(`Identity '${identity.id}' may not register more than ${mostDevices} devices`);
      }
      const id = scene.newUuid();
      identity.devices.set(id, { id, platform: input.Platform, token: input.Token });
      return { DeviceId: id };
    },

    SubscribeToDataset(input) {
      subscribed(scene, input).subscribers.add(input.DeviceId);
      return {};
    },

    UnsubscribeFromDataset(input) {
      subscribed(scene, input).subscribers.delete(input.DeviceId);
      return {};
    },

    SetIdentityPoolConfiguration(input) {
      const pool = existingPool(scene, input.IdentityPoolId);
      const { IdentityPoolId: _, ...change } = input;
      pool.configuration = { ...pool.configuration, ...change };
      return { IdentityPoolId: pool.id, ...pool.configuration };
    },
  } satisfies Handlers<typeof syncOperations>;
}

function deleteDataset(scene: Scene, input: InputOf<typeof syncOperations.DeleteDataset>, call: Call) {
  const identity = identityOf(scene, input, call);
  const dataset = identity?.datasets.get(input.DatasetName);
  if (!identity || !dataset?.exists) throw notFound('Dataset', input.DatasetName);
  const answer = { Dataset: wireDataset(identity.id, dataset) };
  const { caller, at } = call;
  const syncCount = dataset.syncCount + 1;
  Object.assign(dataset, {
    syncCount,
    deletedAt: syncCount,
    exists: false,
    modifiedAt: at,
    modifiedBy: caller.kind === 'developer' ? caller.accountId : identity.id,
    records: new Map(),
  } satisfies Partial<Dataset>);
  scene.streams.announce(identity, { datasetName: dataset.name });
  return answer;
}

/** Undefined only where an identity's own credentials outlive it. */
function identityOf(
  scene: Scene,
  path: { readonly IdentityId: string; readonly IdentityPoolId: string },
  { caller }: Call,
): Identity | undefined {
  const identity = inPool(scene, path);
  if (!identity && caller.kind !== 'identity') throw notFound('Identity', path.IdentityId);
  return identity;
}

function subscribed(scene: Scene, input: InputOf<typeof syncOperations.SubscribeToDataset>): Dataset {
  const identity = inPool(scene, input);
  const dataset = identity?.datasets.get(input.DatasetName);
  if (!dataset?.exists) throw notFound('Dataset', input.DatasetName);
  if (!identity?.devices.has(input.DeviceId)) throw notFound('Device', input.DeviceId);
  return dataset;
}

function openPage(token: string | undefined, scope: string): string {
  if (token === undefined) return '';
  const page = unseal('datasets', token) as { scope: string; after: string } | undefined;
  if (page?.scope !== scope) throw invalidPage();
  return page.after;
}
