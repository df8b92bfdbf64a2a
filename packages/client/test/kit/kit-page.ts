import { createTabs, createTestServer, createVirtualClock, withFaults } from '../../src/testing/index.ts';

// The script of the page of browser.test.ts.

async function useKit() {
  const clock = createVirtualClock();
  const server = createTestServer({ clock });
  const faulty = withFaults(server.fetch, () => undefined, clock);
  const { identityId } = server.createIdentity();
  const ask = (operation: string, input: object) =>
    faulty.fetch(server.url, {
      method: 'POST',
      headers: { 'X-Amz-Target': `AWSCognitoIdentityService.${operation}` },
      body: JSON.stringify(input),
    });
  const guest = await ask('GetCredentialsForIdentity', { IdentityId: identityId });
  const openIdToken = await ask('GetOpenIdToken', { IdentityId: identityId });
  const unsigned = await faulty.fetch(
    `${server.url}/identitypools/${server.identityPoolId}/identities/${identityId}/datasets`,
  );
  faulty.offline = true;
  const offline = await faulty.fetch(server.url).catch((error: Error) => error.name);

  const before = clock.now();
  await clock.run(clock.sleep(60_000));

  const tabs = createTabs();
  const heard: unknown[] = [];
  tabs.tab('one').tabs.channel('news', (message) => heard.push(message));
  tabs
    .tab('two')
    .tabs.channel('news', () => {})
    .send('hello');
  await clock.settle();
  return {
    guest: guest.status,
    unsigned: unsigned.status,
    offline,
    slept: clock.now() - before,
    heard,
    openIdToken: openIdToken.status,
  };
}

Object.assign(globalThis, { useKit });
