/** The five values that every client looks for in a push notification. */
export interface PushNotice {
  readonly identityPoolId: string;
  readonly identityId: string;
  readonly datasetName: string;
  /** The dataset's count after the write. */
  readonly syncCount: number;
}

/** Where a device is reached: its platform and the token it registered. */
export interface PushAddress {
  readonly platform: string;
  readonly token: string;
  /** What `register` answered, for targets that keep a register of their own. */
  readonly endpoint?: string;
}

/** One platform application: SNS, FCM, APNs, Web Push, a webhook. Its owner closes it. */
export interface PushTarget {
  /**
   * Makes the device known to the target, if it has to be; answers the `endpoint` to keep with the device.
   *
   * @throws DeliveryError `refused` when the token is not one
   */
  register(address: PushAddress, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Resolves when the receiver has taken the notice; `unregistered` when it says that the device is no more.
   *
   * @throws DeliveryError an aborted call, like one that took too long, is `unavailable`
   */
  send(address: PushAddress, notice: PushNotice, signal: AbortSignal): Promise<'delivered' | 'unregistered'>;
  /** Finds out whether the receiver accepts our credentials. @throws DeliveryError */
  probe(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
