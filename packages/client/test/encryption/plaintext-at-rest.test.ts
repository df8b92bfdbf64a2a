import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CognitoIdentityClient, CreateIdentityPoolCommand } from '@aws-sdk/client-cognito-identity';
import { createSyncClient, guest, jsonCodec } from '@holdall/client';
import { encryptedCodec, KeyRing } from '@holdall/client/encryption';
import { sqliteStore } from '@holdall/client/stores/node-sqlite';
import { startTestServer } from '@holdall/server/testing';
import { expect, onTestFinished, test } from 'vitest';
import { newKey } from './encrypted-devices.ts';

const secret = 'Zanzibar-7c1f';
const hiddenName = 'diagnosis-Quillfeather';

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdall-at-rest-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Files of the directory that have the text in them, as UTF-8, UTF-16 or base64. */
function filesWith(text: string, path: string): string[] {
  const forms = [
    Buffer.from(text),
    Buffer.from(text, 'utf16le'),
    Buffer.from(Buffer.from(text).toString('base64').slice(0, 12)),
  ];
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return files
    .filter((file) => {
      const bytes = readFileSync(join(file.parentPath, file.name));
      return forms.some((form) => bytes.includes(form));
    })
    .map((file) => file.name);
}

test('neither the server’s files nor the device’s have a value or a hidden key in them', async () => {
  const [data, device] = [directory(), directory()];
  const server = await startTestServer({ data });
  onTestFinished(() => server.close());
  const { region, credentials } = server;
  const identities = new CognitoIdentityClient({ endpoint: server.url, region, credentials });
  onTestFinished(() => identities.destroy());
  const pool = await identities.send(
    new CreateIdentityPoolCommand({ IdentityPoolName: 'p', AllowUnauthenticatedIdentities: true }),
  );
  const client = createSyncClient({
    endpoint: server.url,
    identity: guest({ identityPoolId: pool.IdentityPoolId ?? '' }),
    store: sqliteStore(join(device, 'device.db')),
    autoSync: false,
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  const [one, two] = [await newKey(), await newKey()];
  const keys = new KeyRing(one);
  const hidden = client.dataset<Record<string, unknown>>('hidden', {
    codec: encryptedCodec({ keys, hideKeysWith: one }),
  });
  const named = client.dataset<Record<string, unknown>>('named', { codec: encryptedCodec({ keys }) });
  for (const dataset of [hidden, named]) {
    const key = dataset === hidden ? hiddenName : 'named-key';
    await dataset.set(key, { [secret]: [secret] });
    await dataset.sync();
    keys.rotateTo(two);
    await dataset.set(key, secret.repeat(50));
    await dataset.sync();
    await dataset.set('removed', secret);
    await dataset.sync();
    await dataset.remove('removed');
    await dataset.sync();
  }
  // What is not encrypted is found: the search would find the rest too.
  const plain = client.dataset<Record<string, unknown>>('plain', { codec: jsonCodec });
  await plain.set('control-Marmalade', 'control-Persimmon');
  await plain.sync();
  for (const path of [data, device]) {
    expect(filesWith('control-Persimmon', path)).not.toEqual([]);
    expect(filesWith('control-Marmalade', path)).not.toEqual([]);
    expect(filesWith('named-key', path)).not.toEqual([]);
    expect(filesWith(secret, path)).toEqual([]);
    expect(filesWith(hiddenName, path)).toEqual([]);
  }
});
