import { CognitoIdentityClient, CreateIdentityPoolCommand } from '@aws-sdk/client-cognito-identity';
import { createSyncClient, guest, resolvers, staticCredentials, SyncError } from '@holdall/client';
import { memoryStore } from '@holdall/client/stores/memory';
import { startTestServer } from '@holdall/server/testing';
import { expect, onTestFinished, test } from 'vitest';

test('two devices of one user see the same', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const identity = new CognitoIdentityClient({ endpoint: server.url, region: 'us-east-1', credentials: server.root });
  const pool = await identity.send(
    new CreateIdentityPoolCommand({ IdentityPoolName: 'p', AllowUnauthenticatedIdentities: true }),
  );
  const identityPoolId = pool.IdentityPoolId ?? '';
  const phone = createSyncClient({ endpoint: server.url, identity: guest({ identityPoolId }), store: memoryStore(), autoSync: false });
  const notes = phone.dataset('notes');
  const written = notes.set('a', 'one');
  expect(notes.peek('a')).toBe(undefined);
  await written;
  expect(notes.peek('a')).toBe('one');
  const result = await notes.sync();
  console.log(result);
  expect(result.pushed.added).toEqual(['a']);
  expect(notes.state.get().pending).toBe(0);
});
