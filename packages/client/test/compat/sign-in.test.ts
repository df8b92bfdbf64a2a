import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Service, startService } from './devices.ts';
import { promised, synchronized } from './legacy-api.ts';

// A guest of a page signs in: the same credentials object names another identity from then on.

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

test('what a guest left unsent goes to who signs in', async () => {
  const user = await service.newUser();
  const phone = await service.open('facade', user);
  await promised((done) => phone.dataset.put('theme', 'dark', done));

  const login = await service.identity.getOpenIdTokenForDeveloperIdentity({
    IdentityPoolId: service.poolId,
    Logins: { 'login.app': 'ada' },
  });
  const Logins = { 'cognito-identity.amazonaws.com': login.Token ?? '' };
  Object.assign(user.credentials.params, { IdentityId: login.IdentityId, Logins });
  user.credentials.expired = true;
  await synchronized(phone.dataset);

  expect(phone.manager.getIdentityId()).toBe(login.IdentityId);
  const signedIn = { ...user, ids: { ...user.ids, IdentityId: login.IdentityId ?? '' } };
  expect(await service.content(signedIn)).toEqual({ theme: 'dark' });
  expect(await service.content(user)).toEqual({});
});
