import { readNotice } from './change-notice.ts';
import type { SyncResult } from './sync/report.ts';
import { datasetPath, identityPath } from './sync-api.ts';
import type { SyncClient } from './sync-client.ts';

/** What the service calls the senders of push notifications. */
export type PushPlatform = 'APNS' | 'APNS_SANDBOX' | 'GCM' | 'ADM';

/**
 * Asks the service to push notices of changes to this device, for the given datasets or for those that are open. Give
 * what arrives to `handlePush`.
 *
 * @throws SyncError; `NOT_FOUND` for a dataset that the service does not have yet
 */
export async function registerPush(
  client: SyncClient,
  platform: PushPlatform,
  token: string,
  datasets: readonly string[] = client.openDatasets().map((dataset) => dataset.name),
): Promise<void> {
  await client.asUser(async ({ identity, ask }) => {
    const device = `${identityPath(identity).replace('/identities/', '/identity/')}/device`;
    const answer = (await ask('POST', device, { Platform: platform, Token: token })) as { DeviceId: string };
    await client.rememberDevice(answer.DeviceId);
    for (const dataset of datasets) {
      await ask(
        'POST',
        `${datasetPath(identity, dataset)}/subscriptions/${encodeURIComponent(answer.DeviceId)}`,
      );
    }
  });
}

/** Synchronises what a push notification tells of. `ignored`: it is about something else, or nothing new. */
export async function handlePush(client: SyncClient, payload: unknown): Promise<SyncResult | 'ignored'> {
  await client.ready();
  const notice = readNotice(payload);
  const dataset = client.openDatasets().find(({ name }) => name === notice?.datasetName);
  if (!notice || !dataset || notice.identityId !== client.status.get().identity?.identityId) return 'ignored';
  await dataset.ready;
  return notice.syncCount > dataset.state.get().syncCount ? dataset.sync() : 'ignored';
}
