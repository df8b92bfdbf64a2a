import {
  extensionService,
  identityService,
  type Operation,
  type Service,
  stsService,
  syncService,
} from '@holdall/protocol';
import type { Case, CaseRequest, Step } from '../../../../conformance/case.ts';

const administration = 'no device asks for it: apps are tested, not pools';
const logins = 'the test server signs users in and merges them; taking logins away again is for backends';

/** Operations that the test server does not have, and why. Every other one must pass every case. */
export const missingOperations: Readonly<Record<string, string>> = {
  AssumeRoleWithWebIdentity:
    'only SDKs of the basic flow use STS, and they have a server of their own to test with',
  BulkPublish: administration,
  DeleteIdentities: administration,
  DescribeIdentity: administration,
  DescribeIdentityPool: administration,
  DescribeIdentityPoolUsage: administration,
  GetBulkPublishDetails: administration,
  GetCognitoEvents: administration,
  GetIdentityPoolConfiguration: administration,
  GetIdentityPoolRoles: administration,
  GetPrincipalTagAttributeMap: administration,
  ListIdentities: administration,
  ListIdentityPoolUsage: administration,
  ListIdentityPools: administration,
  ListTagsForResource: administration,
  LookupDeveloperIdentity: logins,
  MergeDeveloperIdentities: logins,
  SetCognitoEvents: administration,
  SetIdentityPoolRoles: administration,
  SetPrincipalTagAttributeMap: administration,
  TagResource: administration,
  UnlinkDeveloperIdentity: logins,
  UnlinkIdentity: logins,
  UntagResource: administration,
  UpdateIdentityPool: administration,
};

/** Ways of asking that the test server does not know, and why. */
const missingManners: readonly { readonly reason: string; readonly isUsed: (step: Step) => boolean }[] = [
  {
    reason: 'the query form and STS are of clients older than 2015',
    isUsed: ({ request }) => request.path === '/' && !(targetOf(request) && request.method === 'POST'),
  },
  {
    reason: 'the RPC envelope is of clients older than 2015',
    isUsed: ({ request }) => /^com\.amazonaws\./.test(targetOf(request) ?? ''),
  },
  {
    reason: 'browsers ask no leave of a fetch in memory',
    isUsed: ({ request }) => request.method === 'OPTIONS',
  },
  {
    reason: 'fetch sends no body with GET',
    isUsed: ({ request }) => request.method === 'GET' && (request.body ?? request.bodyBase64) !== undefined,
  },
  {
    reason: 'fetch resolves dots in a path, and leaves an empty query out',
    isUsed: ({ request }) => isRewritten(request),
  },
  {
    reason: 'the client signs in headers; only an EventSource needs a signature in the query',
    isUsed: ({ request }) =>
      request.signed?.presignedSeconds !== undefined || /X-Amz-/.test(request.query ?? ''),
  },
];

/** Why the test server need not pass the case; undefined when it must. */
export function reasonToSkip({ steps, function: lines }: Case): string | undefined {
  if (lines) return 'the test server asks no function of the pool';
  return steps.map(reasonToSkipStep).find((reason) => reason !== undefined);
}

/** Without the steps that need not pass, for cases whose steps are independent of each other. */
export function withoutMissing(each: Case): Case {
  return { ...each, steps: each.steps.filter((step) => reasonToSkipStep(step) === undefined) };
}

function reasonToSkipStep(step: Step): string | undefined {
  const operation = operationOf(step.request);
  if (operation !== undefined && Object.hasOwn(missingOperations, operation)) {
    return `${operation}: ${missingOperations[operation]}`;
  }
  return missingManners.find(({ isUsed }) => isUsed(step))?.reason;
}

const services: readonly Service[] = [syncService, identityService, extensionService, stsService];

/** Every operation of the service that has a name. */
export const allOperations = services.flatMap(({ operations }) => Object.keys(operations));

function isRewritten({ path, query }: CaseRequest): boolean {
  const target = `${path}${query === undefined ? '' : `?${query}`}`.replaceAll(/\{\{[^}]*\}\}/g, 'id');
  const { pathname, search } = new URL(`http://localhost${target}`);
  return pathname + search !== target;
}

function operationOf(request: CaseRequest): string | undefined {
  if (request.path === '/') return targetOf(request)?.split('.').at(-1);
  const found = Object.entries<Operation>({ ...syncService.operations, ...extensionService.operations }).find(
    ([, { method, path }]) =>
      method === request.method && new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]*')}$`).test(request.path),
  );
  return found?.[0];
}

function targetOf({ headers = {} }: CaseRequest): string | undefined {
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-amz-target');
  return found && String(found[1]);
}
