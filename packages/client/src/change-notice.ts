/** What is told of a change: by push notifications, and by the live stream. */
export interface ChangeNotice {
  readonly identityPoolId: string;
  readonly identityId: string;
  readonly datasetName: string;
  /** The dataset's count after the change. */
  readonly syncCount: number;
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
