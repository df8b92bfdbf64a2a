import {
  extensionService,
  identityService,
  type Operation,
  type Service,
  stsService,
  syncService,
} from '@holdall/protocol';
import type { Case, CaseCaller, CaseFile, CaseRequest, CaseResponse, Json, Step } from './case.ts';

/** Callers that a row may or may not let in. `other-pool` is an identity that names a pool which is not its own. */
type Kind = 'developer' | 'identity' | 'other-identity' | 'other-pool' | 'nobody';

const kinds: readonly Kind[] = ['developer', 'identity', 'other-identity', 'other-pool', 'nobody'];

/** No pool has this id. */
const foreignPool = '{{region}}:00000000-0000-4000-8000-000000000000';

/**
 * Who may call what: each operation, by each kind of caller, over each protocol, as its row says. A caller that may
 * call sends as little as possible, so that nothing is changed: to be told that something is missing is to be let in.
 */
export function permissionCases(): CaseFile {
  const cases = [syncService, identityService, stsService, extensionService].flatMap((service: Service) =>
    Object.entries(service.operations).flatMap(([name, operation]) =>
      kinds
        .filter((kind) => kind !== 'other-pool' || 'IdentityId' in operation.input)
        .map((kind) => permissionCase(service, name, operation, kind)),
    ),
  );
  return { subject: 'permissions', cases };
}

function permissionCase(service: Service, name: string, operation: Operation, kind: Kind): Case {
  const input = leastInput(name, operation, kind);
  const as: CaseCaller = kind === 'other-pool' ? 'identity' : kind;
  const requests: CaseRequest[] = [
    ...(service.rest ? [restRequest(operation, input, as)] : []),
    ...(service.xml || service.restOnly
      ? []
      : [bareRequest(service, name, input, as), envelopeRequest(service, name, input, as)]),
    ...(service.restOnly ? [] : [queryRequest(service, name, input, as)]),
  ];
  const steps = requests.map(
    (request): Step => ({ request, response: expectation(service, operation, kind, request) }),
  );
  return {
    name: `${name} by ${kind}`,
    seen: service.restOnly
      ? 'our choice: docs/guides/live.md'
      : kind === 'developer' || kind === 'identity'
        ? '2014 API reference and IAM reference'
        : 'developer guide',
    // Where the pool does not allow it, nobody may.
    ...(name === 'GetOpenIdToken' && { pool: { AllowClassicFlow: true } }),
    steps,
  };
}

function expectation(service: Service, operation: Operation, kind: Kind, request: CaseRequest): CaseResponse {
  const open = operation.callers.includes('anyone');
  const caller = kind === 'other-identity' || kind === 'other-pool' ? undefined : kind;
  if (open || (caller && caller !== 'nobody' && operation.callers.includes(caller))) {
    // An identity's credentials reach nothing that does not name it.
    const named = kind !== 'identity' || 'IdentityId' in operation.input;
    if (open || named) return { permitted: true };
  }
  const inJson = request.headers?.['X-Amz-Target'] === `${service.target}.${nameIn(request)}`;
  const status = service.flatStatus !== undefined && inJson ? service.flatStatus : 403;
  if (kind !== 'nobody') {
    const message = 'These credentials are not valid for accessing this resource';
    return { status, error: 'NotAuthorizedException', message };
  }
  const inQuery = request.query !== undefined;
  const error = inQuery ? 'MissingAuthenticationToken' : 'MissingAuthenticationTokenException';
  return { status, error, message: 'Missing Authentication Token' };
}

function nameIn(request: CaseRequest): string {
  return (
    String(request.headers?.['X-Amz-Target'] ?? '')
      .split('.')
      .at(-1) ?? ''
  );
}

/** The ids, and whatever else a path must have. */
function leastInput(name: string, operation: Operation, kind: Kind): Record<string, string> {
  const values: Readonly<Record<string, string>> = {
    IdentityPoolId: kind === 'other-pool' || name === 'DeleteIdentityPool' ? foreignPool : '{{poolId}}',
    IdentityId: '{{identityId}}',
    DatasetName: 'notes',
    DeviceId: 'device',
    MaxResults: '1',
    // Not an ARN, a provider or a token: names that must be there and must not be right.
    IdentityPoolName: '#',
    AllowUnauthenticatedIdentities: 'true',
    SyncSessionToken: 'none',
  };
  return Object.fromEntries(
    Object.entries(operation.input).flatMap(([member, { required }]) => {
      const value = values[member];
      return required && value !== undefined ? [[member, value]] : [];
    }),
  );
}

function restRequest(
  operation: Operation,
  input: Readonly<Record<string, string>>,
  as: CaseCaller,
): CaseRequest {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, member: string) => {
    const value = input[member] ?? '';
    return value.startsWith('{{') && !value.includes('}}:') ? value.replace('{{', '{{%') : value;
  });
  const body = Object.entries(input).filter(([member]) => operation.input[member]?.in === undefined);
  return {
    as,
    method: operation.method,
    path,
    ...(operation.method === 'POST' && { body: Object.fromEntries(body) }),
  };
}

function bareRequest(service: Service, name: string, body: Json, as: CaseCaller): CaseRequest {
  const headers = {
    'Content-Type': 'application/x-amz-json-1.1',
    'X-Amz-Target': `${service.target}.${name}`,
  };
  return { as, method: 'POST', path: '/', headers, body, signed: { service: service.signingName } };
}

function envelopeRequest(service: Service, name: string, input: Json, as: CaseCaller): CaseRequest {
  const { namespace, target } = service;
  return {
    as,
    method: 'POST',
    path: '/',
    headers: { 'Content-Type': 'application/json', 'X-Amz-Target': `${namespace}.${target}.${name}` },
    body: { Operation: `${namespace}#${name}`, Service: `${namespace}#${target}`, Input: input },
    signed: { service: service.signingName },
  };
}

function queryRequest(
  service: Service,
  name: string,
  input: Readonly<Record<string, string>>,
  as: CaseCaller,
): CaseRequest {
  const members = Object.entries(input).map(
    ([member, value]) => `&${member}=${value.replaceAll('#', '%23')}`,
  );
  return {
    as,
    method: 'GET',
    path: '/',
    query: `Action=${name}&Version=${service.version}${members.join('')}`,
    signed: { service: service.signingName },
  };
}
