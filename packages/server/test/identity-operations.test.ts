import { beforeEach, describe, expect, test } from 'vitest';
import { anUpdate, put } from '../src/testing/store-contract/scene.ts';
import { apple, contentOf, createIdentityService, google, ownProvider } from './fixtures/identity-service.ts';

let service: ReturnType<typeof createIdentityService>;
let poolId: string;

const backend = 'backend';
const noMatch =
  "NotAuthorizedException: Logins don't match. Please include at least one valid login for this identity or identity pool.";

beforeEach(async () => {
  service = createIdentityService();
  poolId = await newPool();
});

async function newPool(change: object = {}): Promise<string> {
  const pool = await service.call('CreateIdentityPool', {
    IdentityPoolName: 'demo',
    AllowUnauthenticatedIdentities: true,
    AllowClassicFlow: true,
    DeveloperProviderName: backend,
    ...change,
  });
  return pool.IdentityPoolId;
}

async function newId(logins?: Record<string, string>, pool = poolId): Promise<string> {
  const { IdentityId = '' } = await service.call('GetId', {
    IdentityPoolId: pool,
    ...(logins && { Logins: logins }),
  });
  return IdentityId;
}

function credentials(identityId: string, logins?: Record<string, string>) {
  return service.call('GetCredentialsForIdentity', {
    IdentityId: identityId,
    ...(logins && { Logins: logins }),
  });
}

function noCredentials(identityId: string, logins?: Record<string, string>) {
  return service.refusal('GetCredentialsForIdentity', {
    IdentityId: identityId,
    ...(logins && { Logins: logins }),
  });
}

function vouch(user: string, change: object = {}) {
  const input = { IdentityPoolId: poolId, Logins: { [backend]: user }, ...change };
  return service.call('GetOpenIdTokenForDeveloperIdentity', input);
}

function noVouch(user: string, change: object = {}) {
  const input = { IdentityPoolId: poolId, Logins: { [backend]: user }, ...change };
  return service.refusal('GetOpenIdTokenForDeveloperIdentity', input);
}

describe('guests', () => {
  test('are somebody new each time, and get credentials for their id alone', async () => {
    const [one, two] = [await newId(), await newId({})];
    expect(one).not.toBe(two);
    expect(await credentials(one)).toMatchObject({
      IdentityId: one,
      Credentials: { AccessKeyId: 'ASIA', SessionToken: one, Expiration: 3_601_000 },
    });
  });

  test('are refused by a pool that does not admit them', async () => {
    const closed = await newPool({ AllowUnauthenticatedIdentities: false });
    const message = 'NotAuthorizedException: Unauthenticated access is not supported for this identity pool.';
    expect(await service.refusal('GetId', { IdentityPoolId: closed })).toBe(message);
    const before = await newId();
    await service.call('UpdateIdentityPool', {
      IdentityPoolId: poolId,
      IdentityPoolName: 'closed now',
      AllowUnauthenticatedIdentities: false,
    });
    expect(await noCredentials(before)).toBe(message);
    expect(await newId({ [google]: 'ann' }, closed)).toMatch(/^r:/);
  });

  test('of nowhere are told so', async () => {
    expect(await service.refusal('GetId', { IdentityPoolId: 'r:404' })).toBe(
      "ResourceNotFoundException: IdentityPool 'r:404' not found.",
    );
    expect(await noCredentials('r:404')).toBe("ResourceNotFoundException: Identity 'r:404' not found.");
  });
});

describe('logins', () => {
  test('lead to one identity, from any device', async () => {
    const ann = await newId({ [google]: 'ann' });
    expect(await newId({ [google]: 'ann' })).toBe(ann);
    expect(await newId({ [google]: 'ann', [apple]: 'ann' })).toBe(ann);
    expect(await newId({ [apple]: 'ann' })).toBe(ann);
    expect(await newId({ [google]: 'bob' })).not.toBe(ann);
    expect((await credentials(ann, { [google]: 'ann' })).IdentityId).toBe(ann);
  });

  test('that are new keep the id of a guest; those that somebody has lead there', async () => {
    const guest = await newId();
    expect((await credentials(guest, { [google]: 'ann' })).IdentityId).toBe(guest);
    const other = await newId();
    for (let retry = 0; retry < 2; retry++) {
      expect((await credentials(other, { [google]: 'ann' })).IdentityId).toBe(guest);
    }
    expect(await noCredentials(other)).toBe(`NotAuthorizedException: Identity '${other}' is disabled.`);
    expect(await noCredentials(other, { [google]: 'bob' })).toBe(
      `NotAuthorizedException: Identity '${other}' is disabled.`,
    );
  });

  test('have to be given for an identity that has some, and one has to be its own', async () => {
    const ann = await newId({ [google]: 'ann' });
    expect(await noCredentials(ann)).toBe(noMatch);
    expect(await noCredentials(ann, { [google]: 'bob' })).toBe(noMatch);
    expect(await noCredentials(ann, { [apple]: 'ann' })).toBe(noMatch);
    expect(await noCredentials(ann, { [google]: 'ann', [apple]: 'ann' })).toMatch(/^answered/);
  });

  test('are one for each public provider', async () => {
    const ann = await newId({ [google]: 'ann', [apple]: 'ann' });
    await newId({ [google]: 'bob' });
    expect(await noCredentials(ann, { [google]: 'bob', [apple]: 'ann' })).toBe(
      `ResourceConflictException: Identity '${ann}' is linked to another user of ${google} already.`,
    );
  });

  test('that prove nothing are refused with the reason, and change nothing', async () => {
    const guest = await newId();
    const tokens = { [apple]: 'ann', [google]: '-' };
    expect(await noCredentials(guest, tokens)).toBe('NotAuthorizedException: Invalid login token.');
    expect(await noCredentials(guest, { [google]: 'down' })).toBe(
      'ExternalServiceException: A login provider cannot be reached.',
    );
    expect(await service.store.identity(guest)).toMatchObject({ logins: [] });
    expect(
      (await service.call('ListIdentities', { IdentityPoolId: poolId, MaxResults: 60 })).Identities,
    ).toHaveLength(1);
  });

  test('that are unlinked while their provider is waited for lead nowhere', async () => {
    const id = await newId({ [google]: 'ann', [apple]: 'ann' });
    service.provider.whileAsked = async () => {
      service.provider.whileAsked = async () => {};
      const proof = { IdentityId: id, Logins: { [google]: 'ann' }, LoginsToRemove: [google] };
      await service.call('UnlinkIdentity', proof);
    };
    expect(await noCredentials(id, { [google]: 'ann' })).toBe(noMatch);
  });

  test('of the developer prove nothing in operations that anyone may call', async () => {
    await vouch('ann');
    expect(await service.refusal('GetId', { IdentityPoolId: poolId, Logins: { [backend]: 'ann' } })).toBe(
      noMatch,
    );
    expect(await noCredentials(await newId(), { [backend]: 'ann' })).toBe(noMatch);
  });

  test('merge data: the winner has that of the guest beside its own', async () => {
    const ann = await newId({ [google]: 'ann' });
    const guest = await newId();
    await service.store.updateRecords(anUpdate([put('k', 'v')], { poolId, identityId: guest }));
    await credentials(guest, { [google]: 'ann' });
    const datasets = await service.store.datasets(ann, { limit: 10 });
    expect(datasets.map(({ name }) => name)).toEqual([`settings.${guest}`]);
  });
});

describe('users of the developer', () => {
  test('have an identity each, and a token that names them', async () => {
    const { IdentityId: ann = '', Token } = await vouch('ann');
    expect((await vouch('ann')).IdentityId).toBe(ann);
    expect((await vouch('bob')).IdentityId).not.toBe(ann);
    expect(contentOf(Token)).toEqual({
      poolId,
      identityId: ann,
      amr: ['authenticated', backend, `${backend}:${poolId}:ann`],
      lifetimeMs: 900_000,
      expiresAt: 901_000,
    });
    expect(contentOf((await vouch('ann', { TokenDuration: 86_400 })).Token).lifetimeMs).toBe(86_400_000);
  });

  test('get credentials for their token, for their identity only', async () => {
    const { IdentityId: ann = '', Token = '' } = await vouch('ann');
    const { IdentityId: bob = '' } = await vouch('bob');
    expect((await credentials(ann, { [ownProvider]: Token })).IdentityId).toBe(ann);
    expect(await newId({ [ownProvider]: Token })).toBe(ann);
    expect(await noCredentials(bob, { [ownProvider]: Token })).toBe(noMatch);
    expect(await noCredentials(ann)).toBe(noMatch);
    const foreign = await newPool();
    expect(
      await service.refusal('GetId', { IdentityPoolId: foreign, Logins: { [ownProvider]: Token } }),
    ).toBe(noMatch);
    service.clock.now = 901_000;
    expect(await noCredentials(ann, { [ownProvider]: Token })).toBe(
      'NotAuthorizedException: Invalid login token. Token expired: 901000 >= 901000',
    );
  });

  test('may link a login with their token', async () => {
    const { IdentityId: ann = '', Token = '' } = await vouch('ann');
    expect((await credentials(ann, { [ownProvider]: Token, [google]: 'ann' })).IdentityId).toBe(ann);
    expect(await newId({ [google]: 'ann' })).toBe(ann);
  });

  test('have no use for a token once their user is unlinked, or their identity merged or deleted', async () => {
    const { IdentityId: ann = '', Token = '' } = await vouch('ann');
    await vouch('ann 2', { IdentityId: ann });
    const unlink = { IdentityPoolId: poolId, IdentityId: ann, DeveloperProviderName: backend };
    await service.call('UnlinkDeveloperIdentity', { ...unlink, DeveloperUserIdentifier: 'ann' });
    expect(await noCredentials(ann, { [ownProvider]: Token })).toBe(noMatch);

    const second = (await vouch('ann 2')).Token ?? '';
    await service.call('UnlinkDeveloperIdentity', { ...unlink, DeveloperUserIdentifier: 'ann 2' });
    expect(await noCredentials(ann, { [ownProvider]: second })).toBe(
      `NotAuthorizedException: Identity '${ann}' is disabled.`,
    );
    await service.call('DeleteIdentities', { IdentityIdsToDelete: [ann] });
    expect(await noCredentials(ann, { [ownProvider]: second })).toBe(
      `ResourceNotFoundException: Identity '${ann}' not found.`,
    );
  });

  test("take over a guest's identity, but not two", async () => {
    const guest = await newId();
    expect((await vouch('ann', { IdentityId: guest })).IdentityId).toBe(guest);
    expect((await vouch('ann', { IdentityId: guest })).IdentityId).toBe(guest);
    const other = await newId();
    expect(await noVouch('ann', { IdentityId: other })).toBe(
      `DeveloperUserAlreadyRegisteredException: The developer user is registered with an identity other than '${other}'.`,
    );
    expect(await noVouch('bob', { IdentityId: 'r:404' })).toBe(
      "ResourceNotFoundException: Identity 'r:404' not found.",
    );
  });

  test('may have public logins too', async () => {
    const ann = await newId({ [google]: 'ann' });
    const { IdentityId, Token } = await vouch('', { Logins: { [backend]: 'ann', [google]: 'ann' } });
    expect(IdentityId).toBe(ann);
    expect(contentOf(Token).amr).toContain(google);
    expect(await noVouch('', { Logins: { [backend]: 'ann', [google]: '-' } })).toBe(
      'NotAuthorizedException: Invalid login token.',
    );
    expect(await noVouch('', { Logins: { [backend]: 'ann', [google]: 'down' } })).toBe(
      'TooManyRequestsException: A login provider cannot be reached.',
    );
  });

  test('need the developer provider of the pool', async () => {
    const expected = `InvalidParameterException: Logins must have a user of the developer provider of identity pool '${poolId}'`;
    expect(await noVouch('', { Logins: { [google]: 'ann' } })).toBe(expected);
    expect(await noVouch('', { Logins: { other: 'ann' } })).toBe(expected);
    expect(await noVouch('x'.repeat(1_025))).toMatch(/^InvalidParameterException: The developer user/);
  });
});

describe('OpenID tokens for the basic flow', () => {
  const getToken = (IdentityId: string, Logins?: Record<string, string>) =>
    service.call('GetOpenIdToken', { IdentityId, ...(Logins && { Logins }) });

  test('say how their identity was authenticated, for ten minutes', async () => {
    const guest = await newId();
    expect(contentOf((await getToken(guest)).Token)).toMatchObject({
      identityId: guest,
      amr: ['unauthenticated'],
      lifetimeMs: 600_000,
    });
    const { Token } = await getToken(guest, { [google]: 'ann' });
    expect(contentOf(Token)).toMatchObject({
      identityId: guest,
      amr: ['authenticated', google, `${google}:OIDC:ann`],
    });
    const { IdentityId: bob = '', Token: own = '' } = await vouch('bob');
    expect(contentOf((await getToken(bob, { [ownProvider]: own })).Token).amr).toEqual(contentOf(own).amr);
  });

  test('of a guest are worth nothing once it has a login', async () => {
    const guest = await newId();
    const { Token = '' } = await getToken(guest);
    expect((await credentials(guest, { [ownProvider]: Token })).IdentityId).toBe(guest);
    await credentials(guest, { [google]: 'ann' });
    expect(await noCredentials(guest, { [ownProvider]: Token })).toBe(noMatch);
    expect(await service.refusal('GetOpenIdToken', { IdentityId: guest })).toBe(noMatch);
  });

  test('are not given where the pool does not allow the flow, and nothing is linked', async () => {
    const enhanced = await newPool({ AllowClassicFlow: false });
    const guest = await newId(undefined, enhanced);
    const input = { IdentityId: guest, Logins: { [google]: 'ann' } };
    expect(await service.refusal('GetOpenIdToken', input)).toBe(
      'NotAuthorizedException: Basic (classic) flow is not enabled, please use enhanced flow.',
    );
    expect(await service.store.identity(guest)).toMatchObject({ logins: [] });
  });
});

describe('looking up', () => {
  const lookup = (change: object) =>
    service.call('LookupDeveloperIdentity', { IdentityPoolId: poolId, ...change });
  const noLookup = (change: object) =>
    service.refusal('LookupDeveloperIdentity', { IdentityPoolId: poolId, ...change });

  test('finds the identity of a user, and the users of an identity, a page at a time', async () => {
    const { IdentityId = '' } = await vouch('a');
    for (const user of ['c', 'b']) await vouch(user, { IdentityId });
    expect(await lookup({ DeveloperUserIdentifier: 'b' })).toEqual({
      IdentityId,
      DeveloperUserIdentifierList: ['b'],
    });
    const { NextToken = '', ...first } = await lookup({ IdentityId, MaxResults: 2 });
    expect(first).toEqual({ IdentityId, DeveloperUserIdentifierList: ['a', 'b'] });
    expect(await lookup({ IdentityId, MaxResults: 2, NextToken })).toEqual({
      IdentityId,
      DeveloperUserIdentifierList: ['c'],
    });
    expect(await lookup({ IdentityId, DeveloperUserIdentifier: 'a' })).toEqual({
      IdentityId,
      DeveloperUserIdentifierList: ['a'],
    });
  });

  test('says what does not fit, and what is not there', async () => {
    await vouch('a');
    const guest = await newId();
    expect(await noLookup({ IdentityId: guest, DeveloperUserIdentifier: 'a' })).toBe(
      `ResourceConflictException: Developer user 'a' does not belong to identity '${guest}'.`,
    );
    expect(await noLookup({ DeveloperUserIdentifier: 'z' })).toBe(
      "ResourceNotFoundException: Developer user 'z' not found.",
    );
    expect(await noLookup({ IdentityId: 'r:404' })).toMatch(/^ResourceNotFoundException/);
    expect(await noLookup({})).toMatch(/^InvalidParameterException/);
    const foreign = await newId(undefined, await newPool());
    expect(await noLookup({ IdentityId: foreign })).toMatch(/^ResourceNotFoundException/);
  });
});

describe('merging developer users', () => {
  const users = { SourceUserIdentifier: 'a', DestinationUserIdentifier: 'b', DeveloperProviderName: backend };

  test('leaves the identity of the destination', async () => {
    const { IdentityId: source = '' } = await vouch('a');
    const { IdentityId: destination } = await vouch('b');
    const merge = () => service.call('MergeDeveloperIdentities', { IdentityPoolId: poolId, ...users });
    expect(await merge()).toEqual({ IdentityId: destination });
    expect(await merge()).toEqual({ IdentityId: destination });
    expect((await vouch('a')).IdentityId).toBe(destination);
    expect(await noCredentials(source)).toBe(`NotAuthorizedException: Identity '${source}' is disabled.`);
  });

  test('is refused for two users of one public provider, unknown users, and another provider', async () => {
    const merge = (change: object = {}) =>
      service.refusal('MergeDeveloperIdentities', { IdentityPoolId: poolId, ...users, ...change });
    expect(await merge()).toBe("ResourceNotFoundException: Developer user 'a' not found.");
    await vouch('', { Logins: { [backend]: 'a', [google]: 'a' } });
    await vouch('', { Logins: { [backend]: 'b', [google]: 'b' } });
    expect(await merge()).toMatch(/^ResourceConflictException: .* another user of accounts\.google\.com/);
    expect(await merge({ DeveloperProviderName: 'other' })).toMatch(/^InvalidParameterException/);
  });

  test('keeps to twenty logins', async () => {
    for (const side of ['a', 'b']) {
      const { IdentityId } = await vouch(side);
      for (let number = 2; number <= 11; number++) await vouch(`${side} ${number}`, { IdentityId });
    }
    expect(await service.refusal('MergeDeveloperIdentities', { IdentityPoolId: poolId, ...users })).toBe(
      'ResourceConflictException: An identity may not be linked to more than 20 logins.',
    );
  });
});

describe('unlinking', () => {
  test('makes the login that of somebody new', async () => {
    const ann = await newId({ [google]: 'ann', [apple]: 'ann' });
    const input = { IdentityId: ann, Logins: { [google]: 'ann' }, LoginsToRemove: [google] };
    expect(await service.call('UnlinkIdentity', input)).toBeUndefined();
    expect(await newId({ [google]: 'ann' })).not.toBe(ann);
    expect(await service.refusal('UnlinkIdentity', input)).toBe(noMatch);
  });

  test('the last login ends the identity', async () => {
    const ann = await newId({ [google]: 'ann' });
    const input = { IdentityId: ann, Logins: { [google]: 'ann' }, LoginsToRemove: [google] };
    await service.call('UnlinkIdentity', input);
    const disabled = `NotAuthorizedException: Identity '${ann}' is disabled.`;
    expect(await noCredentials(ann)).toBe(disabled);
    expect(await noCredentials(ann, { [google]: 'ann' })).toBe(disabled);
    expect(await service.refusal('UnlinkIdentity', input)).toBe(disabled);
  });

  test('needs a valid login of that identity, and something to unlink', async () => {
    const ann = await newId({ [google]: 'ann' });
    const unlink = (Logins: Record<string, string>, LoginsToRemove = [google]) =>
      service.refusal('UnlinkIdentity', { IdentityId: ann, Logins, LoginsToRemove });
    expect(await unlink({ [google]: 'bob' })).toBe(noMatch);
    expect(await unlink({})).toBe(noMatch);
    expect(await unlink({ [google]: '-' })).toBe('NotAuthorizedException: Invalid login token.');
    expect(await unlink({ [google]: 'ann' }, [apple])).toBe(
      `ResourceNotFoundException: Identity '${ann}' is not linked to such a login.`,
    );
  });

  test("of a developer's user makes that somebody new", async () => {
    const { IdentityId = '' } = await vouch('a');
    await vouch('b', { IdentityId });
    const input = { IdentityPoolId: poolId, IdentityId, DeveloperProviderName: backend };
    await service.call('UnlinkDeveloperIdentity', { ...input, DeveloperUserIdentifier: 'a' });
    expect((await vouch('a')).IdentityId).not.toBe(IdentityId);
    expect(
      await service.refusal('UnlinkDeveloperIdentity', { ...input, DeveloperUserIdentifier: 'a' }),
    ).toMatch(/^ResourceNotFoundException/);
  });
});

describe('identities', () => {
  test('are described by their providers and dates', async () => {
    const ann = await newId({ [google]: 'ann' });
    service.clock.now = 2_000;
    await credentials(ann, { [google]: 'ann', [apple]: 'ann' });
    expect(await service.call('DescribeIdentity', { IdentityId: ann })).toEqual({
      IdentityId: ann,
      Logins: [google, apple],
      CreationDate: 1_000,
      LastModifiedDate: 2_000,
    });
    expect(await service.refusal('DescribeIdentity', { IdentityId: 'r:404' })).toBe(
      "ResourceNotFoundException: Identity 'r:404' not found.",
    );
  });

  test('are listed in pages, with those that were merged unless those are hidden', async () => {
    const ann = await newId({ [google]: 'ann' });
    const guest = await newId();
    await credentials(guest, { [google]: 'ann' });
    const list = (change: object) =>
      service.call('ListIdentities', { IdentityPoolId: poolId, MaxResults: 1, ...change });
    const { NextToken = '', Identities: first = [] } = await list({});
    const { Identities: second = [], NextToken: end } = await list({ NextToken });
    expect([...first, ...second].map(({ IdentityId }) => IdentityId)).toEqual([ann, guest]);
    expect(end).toBeUndefined();
    expect(await list({ HideDisabled: true, MaxResults: 60 })).toMatchObject({
      Identities: [{ IdentityId: ann, Logins: [google] }],
    });
    const foreign = await newPool();
    expect(
      await service.refusal('ListIdentities', { IdentityPoolId: foreign, MaxResults: 1, NextToken }),
    ).toBe('InvalidParameterException: NextToken not valid for these inputs');
  });

  test('are deleted with their logins, and those that are not there are told', async () => {
    const ann = await newId({ [google]: 'ann' });
    const input = { IdentityIdsToDelete: [ann, 'r:404'] };
    expect(await service.call('DeleteIdentities', input)).toEqual({
      UnprocessedIdentityIds: [{ IdentityId: 'r:404', ErrorCode: 'AccessDenied' }],
    });
    expect(await newId({ [google]: 'ann' })).not.toBe(ann);
  });
});

describe('pools', () => {
  const settings = { IdentityPoolName: 'renamed', AllowUnauthenticatedIdentities: false };
  const update = (change: object = {}) => ({ IdentityPoolId: poolId, ...settings, ...change });
  const arn = () => `arn:aws:cognito-identity:us-east-1:123456789012:identitypool/${poolId}`;

  test('are replaced by an update, but for the developer provider and the tags', async () => {
    await service.call('TagResource', { ResourceArn: arn(), Tags: { team: 'sync' } });
    const expected = update({ DeveloperProviderName: backend, IdentityPoolTags: { team: 'sync' } });
    expect(await service.call('UpdateIdentityPool', update())).toEqual(expected);
    expect(await service.call('DescribeIdentityPool', { IdentityPoolId: poolId })).toEqual(expected);
    expect(await service.refusal('UpdateIdentityPool', update({ DeveloperProviderName: 'other' }))).toBe(
      `InvalidParameterException: The developer provider name of identity pool '${poolId}' is '${backend}' and cannot be changed`,
    );
    expect(await service.refusal('UpdateIdentityPool', { ...update(), IdentityPoolId: 'r:404' })).toBe(
      "ResourceNotFoundException: IdentityPool 'r:404' not found.",
    );
  });

  test('have tags', async () => {
    const tags = () => service.call('ListTagsForResource', { ResourceArn: arn() });
    expect(await tags()).toEqual({ Tags: {} });
    await service.call('TagResource', { ResourceArn: arn(), Tags: { a: '1', b: '2' } });
    await service.call('TagResource', { ResourceArn: arn(), Tags: { b: '3' } });
    await service.call('UntagResource', { ResourceArn: arn(), TagKeys: ['a', 'z'] });
    expect(await tags()).toEqual({ Tags: { b: '3' } });
    for (const bad of ['arn:aws:s3:::a-bucket-of-mine', `${arn()}/more`]) {
      expect(await service.refusal('ListTagsForResource', { ResourceArn: bad })).toMatch(
        /^InvalidParameterException/,
      );
    }
    const missing = { ResourceArn: arn().replace(poolId, 'r:404') };
    expect(await service.refusal('ListTagsForResource', missing)).toMatch(/^ResourceNotFoundException/);
  });

  test('have roles, which are kept as they were set', async () => {
    const roles = () => service.call('GetIdentityPoolRoles', { IdentityPoolId: poolId });
    expect(await roles()).toEqual({ IdentityPoolId: poolId, Roles: {} });
    const role = 'arn:aws:iam::123456789012:role/app';
    const rule = { Claim: 'team', MatchType: 'Equals', Value: 'sync', RoleARN: role } as const;
    const mapping = {
      Type: 'Rules',
      AmbiguousRoleResolution: 'Deny',
      RulesConfiguration: { Rules: [rule] },
    } as const;
    const set = (change: object = {}) => ({
      IdentityPoolId: poolId,
      Roles: { authenticated: role },
      RoleMappings: { [google]: mapping },
      ...change,
    });
    await service.call('SetIdentityPoolRoles', set());
    expect(await roles()).toEqual(set());
    await service.call('SetIdentityPoolRoles', { IdentityPoolId: poolId, Roles: {} });
    expect(await roles()).toEqual({ IdentityPoolId: poolId, Roles: {} });

    const refusal = (change: object) => service.refusal('SetIdentityPoolRoles', set(change));
    const forbidden = "NotAuthorizedException: Access to Role 'arn:aws:iam::nobody' is forbidden.";
    expect(await refusal({ Roles: { authenticated: 'arn:aws:iam::nobody' } })).toBe(forbidden);
    const rules = { RulesConfiguration: { Rules: [{ ...rule, RoleARN: 'arn:aws:iam::nobody' }] } };
    expect(await refusal({ RoleMappings: { [google]: { ...mapping, ...rules } } })).toBe(forbidden);
    for (const incomplete of [{ Type: 'Token' }, { Type: 'Rules', AmbiguousRoleResolution: 'Deny' }]) {
      expect(await refusal({ RoleMappings: { [google]: incomplete } })).toMatch(/^InvalidParameterException/);
    }
  });

  test('have maps of principal tags, one for each provider', async () => {
    const provider = { IdentityPoolId: poolId, IdentityProviderName: google };
    const get = () => service.call('GetPrincipalTagAttributeMap', provider);
    expect(await get()).toEqual({ ...provider, UseDefaults: false });
    const map = { ...provider, UseDefaults: false, PrincipalTags: { team: 'department' } };
    expect(await service.call('SetPrincipalTagAttributeMap', map)).toEqual(map);
    const other = { ...provider, IdentityProviderName: 'constructor' };
    expect(await service.call('GetPrincipalTagAttributeMap', other)).toEqual({
      ...other,
      UseDefaults: false,
    });
    expect(await get()).toEqual(map);
  });
});
