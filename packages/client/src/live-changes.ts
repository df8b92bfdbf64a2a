import type { Clock } from './clock.ts';

/** What is told of a change: the payload of push notifications, and of the live stream. */
export interface ChangeNotice {
  readonly identityPoolId: string;
  readonly identityId: string;
  readonly datasetName: string;
  readonly syncCount: number;
}

/** Tells of changes as they happen. `liveChanges()` of `@holdall/client/live` is one. */
export interface LiveChanges {
  /**
   * Listens until the signal is aborted or the connection ends, which is no error.
   *
   * @throws SyncError; `NOT_FOUND` when the service has no such thing: nobody asks again
   */
  listen(request: LiveRequest): Promise<void>;
}

export interface LiveRequest {
  readonly identityId: string;
  readonly clock: Clock;
  /** Opens a signed connection below the path of the identity. @throws SyncError */
  readonly open: (subpath: string, headers: Readonly<Record<string, string>>) => Promise<Response>;
  readonly signal: AbortSignal;
  /** Connected: from now on nothing is missed. */
  readonly opened: () => void;
  readonly changed: (notice: ChangeNotice) => void;
}

/**
 * A notice out of what a push notification brought: the data of FCM or ADM, or the `data` of an APNs payload, or the
 * whole of either. Undefined when it is something else.
 */
export function readNotice(payload: unknown): ChangeNotice | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { source, identityPoolId, identityId, datasetName, syncCount, data } = payload as Record<
    string,
    unknown
  >;
  if (source !== 'cognito-sync') return data === undefined ? undefined : readNotice(data);
  const texts = [identityPoolId, identityId, datasetName];
  const count = Number(syncCount);
  if (!texts.every((text) => typeof text === 'string') || !Number.isSafeInteger(count)) return undefined;
  const [poolId, identity, dataset] = texts as [string, string, string];
  return { identityPoolId: poolId, identityId: identity, datasetName: dataset, syncCount: count };
}
