import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
  GetOpenIdTokenCommand,
  GetOpenIdTokenForDeveloperIdentityCommand,
  UpdateIdentityPoolCommand,
} from '@aws-sdk/client-cognito-identity';
import { startTestServer, type TestServer } from '@holdall/server/testing';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';

// What a token can be exchanged for must end when the token does, and when the pool no longer admits its bearer.

let server: TestServer;
let client: CognitoIdentityClient;
// SDKs sign with the real time, so the server's runs ahead of it by a few minutes at most.
let aheadMs = 0;

beforeAll(async () => {
  server = await startTestServer({ now: () => Date.now() + aheadMs });
  const { url: endpoint, region, credentials } = server;
  client = new CognitoIdentityClient({ endpoint, region, credentials });
});
afterAll(async () => {
  expect(server.faults).toEqual([]);
  client.destroy();
  await server.close();
});

const own = 'cognito-identity.amazonaws.com';

async function newPool() {
  const settings = {
    IdentityPoolName: 'demo',
    AllowUnauthenticatedIdentities: true,
    AllowClassicFlow: true,
    DeveloperProviderName: 'backend',
  };
  const { IdentityPoolId } = await client.send(new CreateIdentityPoolCommand(settings));
  return { ...settings, IdentityPoolId };
}

test('a token that was got with nothing but a token does not outlive it', async () => {
  const { IdentityPoolId } = await newPool();
  const { IdentityId, Token = '' } = await client.send(
    new GetOpenIdTokenForDeveloperIdentityCommand({
      IdentityPoolId,
      Logins: { backend: 'ann' },
      TokenDuration: 120,
    }),
  );
  aheadMs = 60_000;
  const { Token: renewed = '' } = await client.send(
    new GetOpenIdTokenCommand({ IdentityId, Logins: { [own]: Token } }),
  );
  const [end = 0, renewedEnd = 0] = [decodeJwt(Token).exp, decodeJwt(renewed).exp];
  // Whole seconds, cut off.
  expect([end - 1, end]).toContain(renewedEnd);
  aheadMs = 121_000;
  for (const token of [Token, renewed]) {
    const logins = { IdentityId, Logins: { [own]: token } };
    await expect(client.send(new GetOpenIdTokenCommand(logins))).rejects.toThrow('Token expired');
    await expect(client.send(new GetCredentialsForIdentityCommand(logins))).rejects.toThrow('Token expired');
  }
  aheadMs = 0;
});

test('a guest who has a token is refused once the pool admits no guests', async () => {
  const pool = await newPool();
  const { IdentityPoolId } = pool;
  const { IdentityId } = await client.send(new GetIdCommand({ IdentityPoolId }));
  const { Token = '' } = await client.send(new GetOpenIdTokenCommand({ IdentityId }));
  await client.send(new UpdateIdentityPoolCommand({ ...pool, AllowUnauthenticatedIdentities: false }));

  const refusal = 'Unauthenticated access is not supported for this identity pool.';
  for (const Logins of [undefined, { [own]: Token }]) {
    const input = { IdentityId, ...(Logins && { Logins }) };
    await expect(client.send(new GetCredentialsForIdentityCommand(input))).rejects.toThrow(refusal);
    await expect(client.send(new GetOpenIdTokenCommand(input))).rejects.toThrow(refusal);
  }
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: 'arn:aws:iam::000000000000:role/guest',
    RoleSessionName: 'guest',
    WebIdentityToken: Token,
  });
  const answer = await fetch(server.url, { method: 'POST', body: form });
  expect(await answer.text()).toContain('<Code>AccessDenied</Code>');
});
