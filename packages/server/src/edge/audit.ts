import { errorRow, isRead, type ServiceError } from '@holdall/protocol';
import type { Caller } from '../domain/caller.ts';
import type { Instant } from '../domain/dataset.ts';
import type { AuditActor, AuditEvent, AuditTarget } from '../ports/audit-log.ts';
import { readSignature } from '../sigv4/read-signature.ts';
import type { RawMembers, Route, WireRequest } from './protocol.ts';

/** What is known of a request when it has been answered. */
export interface Answered {
  readonly request: WireRequest;
  readonly requestId: string;
  readonly at: Instant;
  /** Undefined when the request named no operation. */
  readonly route: Route | undefined;
  /** Undefined when the credentials did not hold. */
  readonly caller: Caller | undefined;
  /** Undefined when it did not come to reading them. */
  readonly raw: RawMembers | undefined;
  readonly output: unknown;
  readonly refusal: ServiceError | undefined;
}

/**
 * The event to record, if there is one: each operation with which a developer changes something, however it ended, and
 * each refusal of what a caller may not do, whoever the caller.
 */
export function auditEvent(answered: Answered): AuditEvent | undefined {
  const { route, caller, refusal } = answered;
  if (!route) return undefined;
  const isForbidden = refusal !== undefined && errorRow(refusal.code).status === 403;
  const isDeveloperChange = caller?.kind === 'developer' && !isRead(route.operation);
  if (!isForbidden && !isDeveloperChange) return undefined;
  return {
    at: answered.at,
    source: 'api',
    actor: actorOf(answered),
    action: route.name,
    target: targetOf(answered),
    ...outcomeOf(refusal),
    requestId: answered.requestId,
  };
}

function outcomeOf(refusal: ServiceError | undefined): Pick<AuditEvent, 'outcome' | 'error'> {
  if (!refusal) return { outcome: 'done' };
  const { code } = refusal;
  return { outcome: errorRow(code).fault === 'server' ? 'failed' : 'refused', error: code };
}

function actorOf({ caller, request }: Answered): AuditActor {
  switch (caller?.kind) {
    case 'developer':
      return { kind: 'developer', accessKeyId: caller.accessKeyId };
    case 'identity':
      return { kind: 'identity', identityPoolId: caller.poolId, identityId: caller.identityId };
    case 'anyone':
      return { kind: 'anyone' };
    case undefined: {
      const read = readSignature(request);
      const claimed = read.kind === 'signed' ? wireText(read.signature.accessKeyId) : undefined;
      return { kind: 'unverified', ...(claimed !== undefined && { accessKeyId: claimed }) };
    }
  }
}

/** The members that name what a request is about, and what they are called in the log. */
const names = {
  IdentityPoolId: 'identityPoolId',
  IdentityId: 'identityId',
  DatasetName: 'datasetName',
  ResourceArn: 'resourceArn',
} as const;

function targetOf({ route, raw = {}, output }: Answered): AuditTarget {
  const target: { -readonly [Name in keyof AuditTarget]: AuditTarget[Name] } = {};
  const input = route?.operation.input ?? {};
  // The answer knows better: what was created, or the identity that somebody has become.
  const answer = (output ?? {}) as RawMembers;
  for (const [member, name] of Object.entries(names)) {
    const asked = wireText(Object.hasOwn(input, member) ? raw[member] : undefined);
    const value = wireText(answer[member]) ?? asked;
    if (value !== undefined) target[name] = value;
    if (member === 'IdentityId' && asked !== undefined && asked !== value) target.presentedIdentityId = asked;
  }
  const listed = Object.hasOwn(input, 'IdentityIdsToDelete') ? raw.IdentityIdsToDelete : undefined;
  if (Array.isArray(listed)) {
    target.identityIds = listed.slice(0, mostListed).flatMap((id) => wireText(id) ?? []);
  }
  return target;
}

/** The most that one request may name. */
const mostListed = 60;
/** Ids are shorter; what a stranger sends may be anything. */
const mostCharacters = 128;

function wireText(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, mostCharacters) : undefined;
}
