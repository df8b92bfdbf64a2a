import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { type Call, describeEveryOperation } from './every-operation.ts';
import { type Credentials, endScenario, newGuest, present, refusalOf, startScenario } from './scenario.ts';

const scenario = await startScenario();
const home = mkdtempSync(join(tmpdir(), 'holdall-aws-cli-'));
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await endScenario(scenario);
});

/** What the command line says of an answer other than success. */
class CliError extends Error {
  constructor(stderr: string) {
    // An error occurred (ResourceNotFoundException) when calling the DescribeDataset operation: Dataset …
    const [, name, message] =
      /An error occurred \((\w+)\) when calling the \w+ operation: (.*)/s.exec(stderr) ?? [];
    super(message?.trim() ?? stderr);
    this.name = name ?? 'CliError';
  }
}

/** Runs Debian's AWS CLI, and gives what it prints as JSON. */
async function aws(command: string, input: object, credentials?: Credentials): Promise<object> {
  const flags = Object.entries(input).flatMap(([name, value]) => [
    `--${kebab(name)}`,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const signing = credentials ? [] : ['--no-sign-request'];
  const { stdout } = await promisify(execFile)(
    '/usr/bin/aws',
    [...command.split(' '), '--endpoint-url', scenario.server.url, '--output', 'json', ...signing, ...flags],
    {
      // Nothing of the caller's: neither credentials, nor configuration, nor another aws on the path.
      env: {
        HOME: home,
        PATH: '/usr/bin:/bin',
        LANG: 'C.UTF-8',
        AWS_PAGER: '',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_DEFAULT_REGION: scenario.server.region,
        ...(credentials && {
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        }),
        ...(credentials?.sessionToken && { AWS_SESSION_TOKEN: credentials.sessionToken }),
      },
    },
  ).catch((error: { stderr?: string }) => {
    throw new CliError(error.stderr || String(error));
  });
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as object);
}

/** `IdentityPoolId` is `--identity-pool-id`. */
function kebab(name: string): string {
  return name.replaceAll(/(?<=.)[A-Z]/g, '-$&').toLowerCase();
}

const call: Call = (operation, input, credentials) =>
  aws(`cognito-sync ${kebab(operation)}`, input, credentials);

// Each call is a process that takes about a second of a core, so only one refusal of each kind is looked at.
describe('every operation of Cognito Sync', () => {
  describeEveryOperation(scenario, call, {
    concurrent: true,
    refused: ['DescribeDataset', 'ListIdentityPoolUsage', 'ListRecords', 'RegisterDevice', 'UpdateRecords'],
  });
});

test.concurrent('an identity pool is created, described, listed and deleted', async () => {
  const identity = (command: string, input: object) =>
    aws(`cognito-identity ${command}`, input, scenario.server.credentials);
  const pool = await identity('create-identity-pool --allow-unauthenticated-identities', {
    IdentityPoolName: 'By hand',
  });
  expect(pool).toMatchObject({ IdentityPoolName: 'By hand', AllowUnauthenticatedIdentities: true });
  const { IdentityPoolId } = pool as { IdentityPoolId: string };
  const [described, listed] = await Promise.all([
    identity('describe-identity-pool', { IdentityPoolId }),
    identity('list-identity-pools', { MaxResults: 60 }),
  ]);
  expect(described).toEqual(pool);
  expect(listed).toMatchObject({
    IdentityPools: expect.arrayContaining([{ IdentityPoolId, IdentityPoolName: 'By hand' }]),
  });
  expect(await identity('delete-identity-pool', { IdentityPoolId })).toEqual({});
  expect(await refusalOf(identity('describe-identity-pool', { IdentityPoolId }))).toMatchObject({
    name: 'ResourceNotFoundException',
    message: `IdentityPool '${IdentityPoolId}' not found.`,
  });
});

test.concurrent('a guest gets an identity and credentials without signing, and uses them', async () => {
  const { poolId } = scenario;
  const { IdentityId } = (await aws('cognito-identity get-id', { IdentityPoolId: poolId })) as {
    IdentityId: string;
  };
  const given = await aws('cognito-identity get-credentials-for-identity', { IdentityId });
  expect(given).toMatchObject({ IdentityId, Credentials: { Expiration: expect.stringMatching(/^\d{4}-/) } });
  const { Credentials } = given as {
    Credentials: { AccessKeyId: string; SecretKey: string; SessionToken: string };
  };
  const datasets = await call(
    'ListDatasets',
    { IdentityPoolId: poolId, IdentityId },
    {
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretKey,
      sessionToken: Credentials.SessionToken,
    },
  );
  expect(datasets).toEqual({ Datasets: [], Count: 0 });
});

test.concurrent('a record keeps its characters from one command to the next', async () => {
  const { ids, credentials } = await newGuest(scenario);
  const dataset = { ...ids, DatasetName: 'My.data:set-1_x' };
  const { SyncSessionToken } = (await call('ListRecords', dataset, credentials)) as {
    SyncSessionToken?: string;
  };
  const record = { Key: 'lev el/1:é', Value: 'smile 🙂 & <tags>' };
  await call(
    'UpdateRecords',
    {
      ...dataset,
      SyncSessionToken: present(SyncSessionToken),
      ClientContext: 'Gerät é',
      RecordPatches: [{ Op: 'replace', ...record, SyncCount: 0, DeviceLastModifiedDate: 1_714_979_289 }],
    },
    credentials,
  );
  expect(await call('ListRecords', { ...dataset, LastSyncCount: 0 }, credentials)).toMatchObject({
    Records: [{ ...record, DeviceLastModifiedDate: '2024-05-06T07:08:09+00:00' }],
  });
});
