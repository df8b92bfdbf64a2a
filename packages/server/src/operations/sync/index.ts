import type { syncOperations } from '@holdall/protocol';
import type { Quotas } from '../../domain/quotas.ts';
import type { Deliveries } from '../../ports/deliveries.ts';
import type { Sealer } from '../../ports/sealer.ts';
import type { Store } from '../../ports/store.ts';
import type { SyncTrigger } from '../../ports/sync-trigger.ts';
import type { Handlers } from '../handler.ts';
import { bulkPublish } from './bulk-publish.ts';
import { deleteDataset } from './delete-dataset.ts';
import { describeDataset } from './describe-dataset.ts';
import { describeIdentityPoolUsage } from './describe-identity-pool-usage.ts';
import { describeIdentityUsage } from './describe-identity-usage.ts';
import { getBulkPublishDetails } from './get-bulk-publish-details.ts';
import { getCognitoEvents } from './get-cognito-events.ts';
import { getIdentityPoolConfiguration } from './get-identity-pool-configuration.ts';
import { listDatasets } from './list-datasets.ts';
import { listIdentityPoolUsage } from './list-identity-pool-usage.ts';
import { listRecords } from './list-records.ts';
import { registerDevice } from './register-device.ts';
import { setCognitoEvents } from './set-cognito-events.ts';
import { setIdentityPoolConfiguration } from './set-identity-pool-configuration.ts';
import { subscribeToDataset } from './subscribe-to-dataset.ts';
import { unsubscribeFromDataset } from './unsubscribe-from-dataset.ts';
import { updateRecords } from './update-records.ts';

export interface SyncNeeds {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly quotas: Quotas;
  readonly region: string;
  readonly syncTrigger: SyncTrigger;
  readonly deliveries: Deliveries;
  readonly newUuid: () => string;
}

export function syncHandlers(needs: SyncNeeds): Handlers<typeof syncOperations> {
  return {
    BulkPublish: bulkPublish(needs),
    DeleteDataset: deleteDataset(needs),
    DescribeDataset: describeDataset(needs),
    DescribeIdentityPoolUsage: describeIdentityPoolUsage(needs),
    DescribeIdentityUsage: describeIdentityUsage(needs),
    GetBulkPublishDetails: getBulkPublishDetails(needs),
    GetCognitoEvents: getCognitoEvents(needs),
    GetIdentityPoolConfiguration: getIdentityPoolConfiguration(needs),
    ListDatasets: listDatasets(needs),
    ListIdentityPoolUsage: listIdentityPoolUsage(needs),
    ListRecords: listRecords(needs),
    RegisterDevice: registerDevice(needs),
    SetCognitoEvents: setCognitoEvents(needs),
    SetIdentityPoolConfiguration: setIdentityPoolConfiguration(needs),
    SubscribeToDataset: subscribeToDataset(needs),
    UnsubscribeFromDataset: unsubscribeFromDataset(needs),
    UpdateRecords: updateRecords(needs),
  };
}
