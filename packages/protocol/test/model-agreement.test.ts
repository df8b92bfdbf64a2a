import { errors, identityService, type Service, stsService, syncService } from '@holdall/protocol';
import { describe, expect, test } from 'vitest';
import {
  botocoreKnows,
  botocoreModel,
  declaredErrors,
  type Facts,
  factsOfJson,
  factsOfRows,
  factsOfSdk,
  type ServiceName,
  sdk2Knows,
  sdk2Model,
  sdkErrors,
  sdkKnows,
} from './published-models.ts';

interface Expectation {
  readonly name: ServiceName;
  readonly service: Service;
  readonly rows: number;
  /** Least numbers of facts that a comparison has to have looked at, so that it cannot pass on nothing. */
  readonly facts: { readonly sdk: number; readonly sdk2: number; readonly botocore: number };
}

const services: readonly Expectation[] = [
  { name: 'cognito-sync', service: syncService, rows: 17, facts: { sdk: 391, sdk2: 408, botocore: 612 } },
  {
    name: 'cognito-identity',
    service: identityService,
    rows: 23,
    facts: { sdk: 457, sdk2: 480, botocore: 941 },
  },
];

const noLeastLength = 'nothing is shorter than nothing, so a least length of 0 is not a constraint';

/**
 * Where the rows differ from a published model on purpose, and why. A line that is no longer true fails as well: then
 * take it out.
 */
const deviations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'cognito-identity in botocore': {
    'CreateIdentityPool.input.IdentityPoolTags{value}.min': noLeastLength,
    'CreateIdentityPool.output.IdentityPoolTags{value}.min': noLeastLength,
    'DescribeIdentityPool.output.IdentityPoolTags{value}.min': noLeastLength,
    'ListTagsForResource.output.Tags{value}.min': noLeastLength,
    'TagResource.input.Tags{value}.min': noLeastLength,
    'UpdateIdentityPool.input.IdentityPoolTags{value}.min': noLeastLength,
    'UpdateIdentityPool.output.IdentityPoolTags{value}.min': noLeastLength,
  },
  'cognito-sync in botocore': {
    'RegisterDevice.input.Token.min': 'an empty token reaches no device',
    'RegisterDevice.input.Token.max': 'tokens are kept, and every input that is kept has a limit',
    'UpdateRecords.errors': 'the API reference and the guide have LambdaSocketTimeoutException as well',
  },
};

/** Errors that Amazon documents and that the models have lost: SDKs hand them on without a type. */
const documentedOnly = new Set(['LambdaSocketTimeoutException']);

function modelledErrors(service: Service): Facts {
  return new Map([...declaredErrors(service)].filter(([name]) => !documentedOnly.has(name)));
}

function expectAgreement(where: string, ours: Facts, theirs: Facts, leastFacts: number): void {
  const names = [...new Set([...ours.keys(), ...theirs.keys()])];
  const different = names.filter((name) => ours.get(name) !== theirs.get(name));
  const onPurpose = Object.keys(deviations[where] ?? {});
  const described = different.map((name) => `${name}: ours ${ours.get(name)}, theirs ${theirs.get(name)}`);
  expect(
    described.filter((_, index) => !onPurpose.includes(different[index] ?? '')),
    `what differs from ${where} without being listed`,
  ).toEqual([]);
  expect(different, `deviations from ${where} that are still real`).toEqual(
    expect.arrayContaining(onPurpose),
  );
  expect(theirs.size, `facts of ${where} compared`).toBeGreaterThanOrEqual(leastFacts);
}

for (const { name, service, rows, facts } of services) {
  const operations = Object.keys(service.operations);
  const { rest } = service;

  describe(`the rows of ${name}`, () => {
    test('there are as many as were meant', () => {
      expect(operations).toHaveLength(rows);
    });

    test('agree with the schemas of the AWS SDK for JavaScript v3', () => {
      const knows = { ...sdkKnows, paths: rest };
      const where = `${name} in the SDK`;
      expectAgreement(where, factsOfRows(service, knows), factsOfSdk(name, operations), facts.sdk);
    });

    test('agree with the model of the AWS SDK for JavaScript v2', () => {
      const knows = { ...sdk2Knows, paths: rest };
      const theirs = factsOfJson(sdk2Model(name), operations, knows);
      expectAgreement(`${name} in SDK v2`, factsOfRows(service, knows), theirs, facts.sdk2);
    });

    test('agree with the model of botocore, constraints and declared errors too', () => {
      const theirs = factsOfJson(botocoreModel(name), operations, botocoreKnows);
      expectAgreement(`${name} in botocore`, factsOfRows(service, botocoreKnows), theirs, facts.botocore);
    });

    test('declare errors with the status and the fault that the SDK knows', () => {
      const theirs = sdkErrors(name);
      const declared = modelledErrors(service);
      expect(declared.size).toBeGreaterThanOrEqual(9);
      expect(Object.fromEntries(declared)).toEqual(
        Object.fromEntries([...declared.keys()].map((error) => [error, theirs.get(error)])),
      );
    });
  });
}

describe('the rows of cognito-sync', () => {
  test('are all the operations there are', () => {
    expect(Object.keys(syncService.operations)).toEqual(
      Object.keys(botocoreModel('cognito-sync').operations),
    );
  });

  test('declare every error that the SDK knows', () => {
    expect([...modelledErrors(syncService).keys()].sort()).toEqual(
      [...sdkErrors('cognito-sync').keys()].sort(),
    );
  });

  test('have the error statuses of botocore', () => {
    const exceptions = Object.entries(botocoreModel('cognito-sync').shapes).filter(
      ([, shape]) => shape.error,
    );
    expect(exceptions).toHaveLength(13);
    for (const [name, shape] of exceptions) {
      expect({ name, status: errors[name as keyof typeof errors]?.status }).toEqual({
        name,
        status: shape.error?.httpStatusCode,
      });
    }
  });
});

describe('the rows of cognito-identity', () => {
  test('are all the operations there are', () => {
    expect(Object.keys(identityService.operations)).toEqual(
      Object.keys(botocoreModel('cognito-identity').operations),
    );
  });

  test('declare every error that the SDK knows', () => {
    expect([...declaredErrors(identityService).keys()].sort()).toEqual(
      [...sdkErrors('cognito-identity').keys()].sort(),
    );
  });

  test('answer client errors with 400, though the SDK has other statuses: AWS JSON 1.1 does on the wire', () => {
    expect(identityService.flatStatus).toBe(400);
    expect(sdkErrors('cognito-identity').get('ResourceNotFoundException')).toBe('404 client');
    const withStatus = Object.values(botocoreModel('cognito-identity').shapes).filter(({ error }) => error);
    expect(withStatus).toEqual([]);
  });
});

test('the row of STS agrees with the model of botocore, constraints too', () => {
  // Whether it is signed and which errors it has, that model says of no operation of STS in the way of the others.
  const knows = { ...botocoreKnows, authentication: false, errors: false };
  const theirs = factsOfJson(botocoreModel('sts'), Object.keys(stsService.operations), knows);
  expectAgreement('sts in botocore', factsOfRows(stsService, knows), theirs, 78);
});
