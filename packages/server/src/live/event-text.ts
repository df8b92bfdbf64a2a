import type { Change } from '../domain/change.ts';
import type { EndReason } from '../ports/change-feed.ts';

// Server-sent events (HTML Living Standard, 9.2), one line of JSON each: no text in them can break a line.

/** Nothing for a reader, but it keeps proxies from taking the connection for dead, and finds out when it is. */
export const heartbeat = ':\n\n';

interface Whose {
  readonly identityPoolId: string;
  readonly identityId: string;
}

/**
 * Several events that are written at once. Only the last has an id: a reader who got a part of them and comes back has
 * to be told all of them again.
 */
export function eventsText(events: readonly string[], number: number): string {
  return events
    .map((event, index) => (index === events.length - 1 ? `${event}id: ${number}\n\n` : `${event}\n`))
    .join('');
}

/** @param retryMs when to come back after the connection was lost */
export function readyEvent({ identityPoolId, identityId }: Whose, retryMs: number): string {
  return `retry: ${retryMs}\nevent: ready\ndata: ${JSON.stringify({ identityPoolId, identityId })}\n`;
}

/** The five members that push messages of Cognito Sync have, and what else is known. */
export function changeEvent({ identityPoolId, identityId }: Whose, change: Change): string {
  const { datasetName, syncCount, deviceId, deleted } = change;
  const data = {
    source: 'cognito-sync',
    identityPoolId,
    identityId,
    datasetName,
    syncCount,
    deviceId,
    deleted,
  };
  return `event: change\ndata: ${JSON.stringify(data)}\n`;
}

export function endEvent(reason: EndReason): string {
  return `event: end\ndata: ${JSON.stringify({ reason })}\n\n`;
}
