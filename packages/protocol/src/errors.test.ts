import { describe, expect, test } from 'vitest';
import { type ErrorName, errorRow, errors, ServiceError } from './errors.ts';
import { identityService } from './identity-operations.ts';
import { stsService } from './sts-operations.ts';
import { syncService } from './sync-operations.ts';

const names = Object.keys(errors) as ErrorName[];
const declared = new Set<ErrorName>(
  [syncService, identityService, stsService].flatMap((service) =>
    Object.values(service.operations).flatMap((row) => [...row.errors]),
  ),
);

/** The 2014 reference's common errors, apart from two that nothing here can cause. */
const commonErrors: Readonly<Record<string, number>> = {
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  InvalidParameterCombination: 400,
  InvalidParameterValue: 400,
  InvalidQueryParameter: 400,
  MalformedQueryString: 404,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  MissingParameter: 400,
  RequestExpired: 400,
  Throttling: 400,
  ValidationError: 400,
};

describe('the table of errors', () => {
  test('has as many rows as were meant', () => {
    expect(names).toHaveLength(34);
    expect(declared.size).toBe(20);
  });

  test.each(names)('%s blames whom its status blames, and says why in a sentence', (name) => {
    const { status, fault, doc } = errorRow(name);
    expect(fault).toBe(status < 500 ? 'client' : 'server');
    expect(status).toBeGreaterThanOrEqual(400);
    expect(doc).toMatch(/^[A-Z].*\.$/);
  });

  test('speaks the common names of 2014 with their statuses, and all of them', () => {
    const spoken: Record<string, number> = {};
    for (const name of names) {
      const { status, queryName, queryStatus } = errorRow(name);
      const common = queryName ?? name;
      if (queryName !== undefined || Object.hasOwn(commonErrors, name))
        spoken[common] = queryStatus ?? status;
    }
    expect(spoken).toEqual(commonErrors);
  });

  test('gives another name in JSON only to what has that name there', () => {
    const renamed = names.filter((name) => errorRow(name).jsonName !== undefined);
    expect(renamed).toEqual(['RequestExpiredException']);
    expect(names).toContain(errorRow('RequestExpiredException').jsonName);
  });

  test('gives another name or status in XML only to what STS has under that name', () => {
    const inXml = names.flatMap((name) => {
      const { status, xmlName, xmlStatus } = errorRow(name);
      return xmlName === undefined ? [] : [`${name}: ${xmlName}, ${xmlStatus ?? status}`];
    });
    expect(inXml).toEqual([
      'AccessDeniedException: AccessDenied, 403',
      'ExpiredTokenException: ExpiredTokenException, 400',
      'InvalidIdentityTokenException: InvalidIdentityToken, 400',
    ]);
  });

  test('has the errors that a service gives a broken constraint', () => {
    expect(errorRow(syncService.constraintError).status).toBe(400);
    expect(errorRow(identityService.constraintError).status).toBe(400);
    expect(errorRow(stsService.constraintError).status).toBe(400);
  });

  test.each([...declared])('%s, which a row declares, ends in Exception as in the models', (name) => {
    expect(name).toMatch(/Exception$/);
  });
});

describe('a service error', () => {
  test('tells the caller its code and message, and the log its cause', () => {
    const cause = new Error('disk full');
    const error = new ServiceError('InternalErrorException', 'An internal error occurred.', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'ServiceError',
      code: 'InternalErrorException',
      message: 'An internal error occurred.',
      cause,
    });
  });

  test('without a cause has none', () => {
    expect(Object.hasOwn(new ServiceError('MissingAction', 'No.'), 'cause')).toBe(false);
  });
});
