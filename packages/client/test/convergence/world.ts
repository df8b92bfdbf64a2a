import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CognitoIdentityClient, CreateIdentityPoolCommand } from '@aws-sdk/client-cognito-identity';
import { CognitoSyncClient, ListRecordsCommand } from '@aws-sdk/client-cognito-sync';
import { startTestServer } from '@holdall/server/testing';

export const loginProvider = 'login.test';

/** A real server whose pool admits guests, and users of a login provider whose tokens are the users' names. */
export async function openWorld() {
  await using opened = new AsyncDisposableStack();
  const provider = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { token } = JSON.parse(Buffer.concat(chunks).toString()) as { token: string };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ subject: token }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  opened.defer(() => {
    provider.closeAllConnections();
    provider.close();
  });
  const data = mkdtempSync(join(tmpdir(), 'holdall-world-'));
  opened.defer(() => rmSync(data, { recursive: true, force: true }));
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/`;
  const webhooks = { [loginProvider]: { url, secret: 'a secret of sixteen and more'.replaceAll(' ', '-') } };
  writeFileSync(join(data, 'login-providers.json'), JSON.stringify({ webhooks }), { mode: 0o600 });

  const server = await startTestServer({ data, flags: { datasetsPerIdentity: '1000' } });
  opened.defer(() => server.close());
  const { region, credentials } = server;
  const identities = new CognitoIdentityClient({ endpoint: server.url, region, credentials });
  opened.defer(() => identities.destroy());
  const pool = await identities.send(
    new CreateIdentityPoolCommand({
      IdentityPoolName: 'world',
      AllowUnauthenticatedIdentities: true,
      SupportedLoginProviders: { [loginProvider]: 'app' },
    }),
  );
  const identityPoolId = pool.IdentityPoolId ?? '';
  const sync = new CognitoSyncClient({ endpoint: server.url, region, credentials });
  opened.defer(() => sync.destroy());

  /** What the server has, as an independent client reads it. */
  async function remote(identityId: string, dataset: string) {
    const request = { IdentityPoolId: identityPoolId, IdentityId: identityId, DatasetName: dataset };
    const listing = await sync.send(new ListRecordsCommand({ ...request, MaxResults: 1024 }));
    const values = (listing.Records ?? []).flatMap(({ Key, Value }): [string, string][] =>
      Key !== undefined && Value !== undefined ? [[Key, Value]] : [],
    );
    return {
      values: Object.fromEntries(values),
      syncCount: listing.DatasetSyncCount ?? 0,
      exists: listing.DatasetExists ?? false,
      merged: listing.MergedDatasetNames ?? [],
    };
  }

  const owned = opened.move();
  return {
    url: server.url,
    identityPoolId,
    remote,
    faults: server.faults,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;
