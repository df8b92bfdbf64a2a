import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Case, readCaseFiles } from '../../../../conformance/case.ts';
import { permissionCases } from '../../../../conformance/permissions.ts';
import { Session } from '../../../../conformance/session.ts';
import { createTestServer } from '../../src/testing/index.ts';
import { fetchWire } from './fetch-wire.ts';
import { allOperations, missingOperations, reasonToSkip, withoutMissing } from './not-in-test-server.ts';

const server = createTestServer();
const written = readCaseFiles().flatMap(({ subject, cases }) => titled(subject, cases));
const permissions = titled('permissions', permissionCases().cases.map(withoutMissing));
const supported = [...written, ...permissions].filter(
  ({ each }) => each.steps.length > 0 && reasonToSkip(each) === undefined,
);

function titled(subject: string, cases: readonly Case[]) {
  return cases.map((each) => ({ title: `${subject}: ${each.name}`, each }));
}

let session: Session;

beforeAll(async () => {
  session = await Session.open({
    url: server.url,
    region: server.region,
    credentials: server.developerCredentials,
    wire: fetchWire(server.url, server.fetch),
  });
});

afterAll(() => session[Symbol.asyncDispose]());

describe('the wire cases of the service, against the test server', () => {
  test.each(supported)('$title', async ({ each }) => {
    const found = await session.run(each);
    expect(found.join('\n')).toBe('');
  });
});

describe('what the test server does not have', () => {
  test.each(Object.keys(missingOperations))(
    '%s is an operation, and answered with a refusal',
    async (name) => {
      expect(allOperations).toContain(name);
      const before = server.requests.length;
      await server.fetch(server.url, {
        method: 'POST',
        headers: { 'X-Amz-Target': `AWSCognitoIdentityService.${name}` },
        body: '{}',
      });
      await server.fetch(server.url, {
        method: 'POST',
        headers: { 'X-Amz-Target': `AWSCognitoSyncService.${name}` },
        body: '{}',
      });
      expect(server.requests.slice(before).map(({ error }) => error)).toEqual(
        Array(2).fill('UnknownOperationException'),
      );
    },
  );

  test('is not more than it was', () => {
    expect(supported.length).toBeGreaterThanOrEqual(350);
  });
});
