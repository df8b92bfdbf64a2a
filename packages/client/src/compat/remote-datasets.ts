import { identityPath } from '../sync-api.ts';
import type { SyncClient } from '../sync-client.ts';
import type { LegacyMetadataData } from './dataset-metadata.ts';

/** What the service says of a dataset; only the name while it was not asked. */
export type RemoteMetadata = LegacyMetadataData & { readonly DatasetName: string };

interface WirePage {
  /** With times in seconds. */
  readonly Datasets: readonly (RemoteMetadata & {
    readonly CreationDate: number;
    readonly LastModifiedDate: number;
  })[];
  readonly NextToken?: string;
}

/** Of all datasets that the service has of the user. @throws SyncError */
export function remoteDatasets(client: SyncClient): Promise<readonly RemoteMetadata[]> {
  return client.asUser(async ({ identity, ask }) => {
    const found: RemoteMetadata[] = [];
    let next = '';
    do {
      const page = (await ask('GET', `${identityPath(identity)}/datasets?maxResults=64${next}`)) as WirePage;
      for (const { CreationDate, LastModifiedDate, ...rest } of page.Datasets) {
        found.push({ ...rest, CreationDate: CreationDate * 1000, LastModifiedDate: LastModifiedDate * 1000 });
      }
      next = page.NextToken ? `&nextToken=${encodeURIComponent(page.NextToken)}` : '';
    } while (next);
    return found;
  });
}
