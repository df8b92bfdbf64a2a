import type { Credentials, Identity } from './identity.ts';
import type { KeptRecord } from './local-store.ts';
import type { RemoteRecord } from './record-rules.ts';
import type { Connection, ServiceRequest } from './signed-fetch.ts';
import { SyncError } from './sync-error.ts';

/** How the request is to be made; whose it is. */
export interface Call {
  readonly identity: Identity;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
  readonly keepalive?: boolean;
}

/** What ListRecords gives for one UpdateRecords. It is good for five minutes. */
export interface SyncSession {
  readonly token: string;
  /** By the service's clock, epoch milliseconds. */
  readonly openedAt: number;
}

export interface RemotePage {
  readonly records: readonly RemoteRecord[];
  /** The dataset's count; all pages of a listing go up to that of the first. */
  readonly syncCount: number;
  readonly exists: boolean;
  /** The dataset was deleted after the count that was asked for; it may have been made anew since. */
  readonly wasDeleted: boolean;
  readonly mergedNames: readonly string[];
  readonly session: SyncSession;
  readonly nextToken?: string;
}

const mostPerPage = '1024';

/** The operations of the service that a device uses, in the words of this package. */
export class SyncApi {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  async listRecords(
    dataset: string,
    since: number,
    nextToken: string | undefined,
    call: Call,
  ): Promise<RemotePage> {
    const openedAt = this.connection.now();
    const query = new URLSearchParams({ lastSyncCount: `${since}`, maxResults: mostPerPage });
    if (nextToken !== undefined) query.set('nextToken', nextToken);
    const wire = await this.#ask<WirePage>(
      'GET',
      `${datasetPath(call.identity, dataset)}/records?${query}`,
      call,
    );
    if (!wire.SyncSessionToken || typeof wire.DatasetSyncCount !== 'number') throw notOurs();
    return {
      records: (wire.Records ?? []).map(remoteRecord),
      syncCount: wire.DatasetSyncCount,
      exists: wire.DatasetExists ?? true,
      wasDeleted: wire.DatasetDeletedAfterRequestedSyncCount ?? false,
      mergedNames: wire.MergedDatasetNames ?? [],
      session: { token: wire.SyncSessionToken, openedAt },
      ...(wire.NextToken && { nextToken: wire.NextToken }),
    };
  }

  /**
   * Whether no update was made with the session token: the service refuses to list with one that was spent, and with
   * one that is older than five minutes.
   */
  async isUnspent(dataset: string, sessionToken: string, call: Call): Promise<boolean> {
    const query = new URLSearchParams({
      lastSyncCount: '0',
      maxResults: '1',
      syncSessionToken: sessionToken,
    });
    try {
      await this.#ask('GET', `${datasetPath(call.identity, dataset)}/records?${query}`, call);
      return true;
    } catch (error) {
      if (error instanceof SyncError && error.code === 'INVALID' && /SyncSessionToken/.test(error.message))
        return false;
      throw error;
    }
  }

  /** The records as the service has them now: those that were sent, and those that its function changed. */
  async updateRecords(
    dataset: string,
    records: readonly KeptRecord[],
    sessionToken: string,
    deviceId: string | undefined,
    call: Call,
  ): Promise<readonly RemoteRecord[]> {
    const wire = await this.#ask<WirePage>('POST', datasetPath(call.identity, dataset), call, {
      SyncSessionToken: sessionToken,
      ...(deviceId !== undefined && { DeviceId: deviceId }),
      RecordPatches: records.map((record) => ({
        Op: record.value === null ? 'remove' : 'replace',
        Key: record.key,
        ...(record.value !== null && { Value: record.value }),
        SyncCount: record.syncCount,
        DeviceLastModifiedDate: record.changedAt / 1000,
      })),
    });
    return (wire.Records ?? []).map(remoteRecord);
  }

  /** A dataset that is not there is as good as deleted. */
  async deleteDataset(dataset: string, call: Call): Promise<void> {
    try {
      await this.#ask('DELETE', datasetPath(call.identity, dataset), call);
    } catch (error) {
      if (!(error instanceof SyncError) || error.code !== 'NOT_FOUND') throw error;
    }
  }

  async #ask<Answer>(
    method: ServiceRequest['method'],
    path: string,
    call: Call,
    body?: unknown,
  ): Promise<Answer> {
    const { signal, keepalive, credentials } = call;
    const request = {
      method,
      path,
      signal,
      ...(body !== undefined && { body }),
      ...(keepalive && { keepalive }),
    };
    return (await this.connection.ask(request, credentials)) as Answer;
  }
}

export function identityPath({ identityPoolId, identityId }: Identity): string {
  return `/identitypools/${encodeURIComponent(identityPoolId)}/identities/${encodeURIComponent(identityId)}`;
}

export function datasetPath(identity: Identity, dataset: string): string {
  return `${identityPath(identity)}/datasets/${encodeURIComponent(dataset)}`;
}

interface WireRecord {
  readonly Key: string;
  readonly Value?: string | null;
  readonly SyncCount: number;
  readonly LastModifiedDate?: number;
  readonly LastModifiedBy?: string;
  readonly DeviceLastModifiedDate?: number;
}

interface WirePage {
  readonly Records?: readonly WireRecord[];
  readonly DatasetSyncCount?: number;
  readonly DatasetExists?: boolean;
  readonly DatasetDeletedAfterRequestedSyncCount?: boolean;
  readonly MergedDatasetNames?: readonly string[];
  readonly SyncSessionToken?: string;
  readonly NextToken?: string;
}

/** Times come in seconds. @throws SyncError when it is no record: what is kept of one could not be read again */
function remoteRecord(wire: WireRecord): RemoteRecord {
  const { Key: key, Value: value = null, SyncCount: syncCount, LastModifiedBy: changedBy } = wire;
  const changedAt = (wire.LastModifiedDate ?? 0) * 1000;
  const deviceChangedAt =
    wire.DeviceLastModifiedDate === undefined ? undefined : wire.DeviceLastModifiedDate * 1000;
  const isRecord =
    typeof key === 'string' &&
    (value === null || typeof value === 'string') &&
    Number.isSafeInteger(syncCount) &&
    Number.isFinite(changedAt + (deviceChangedAt ?? 0));
  if (!isRecord) throw notOurs();
  return {
    key,
    value,
    syncCount,
    changedAt,
    ...(deviceChangedAt !== undefined && { deviceChangedAt }),
    ...(typeof changedBy === 'string' && { changedBy }),
  };
}

/** JSON, but of somebody else: a proxy, or a network that wants a login. */
function notOurs(): SyncError {
  return new SyncError('NETWORK', 'The answer did not come from a sync service.', { retryable: true });
}
