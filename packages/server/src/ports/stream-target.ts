/** One record of a stream, encoded. */
export interface StreamMessage {
  /** Unique, and the same whenever the message is sent again: receivers can drop what they have seen. */
  readonly id: string;
  /** The identity id: a target keeps messages of one key in order. */
  readonly partitionKey: string;
  /** JSON, UTF-8. */
  readonly data: Uint8Array;
}

/** Where the changes of pools go: Kinesis, or what stands in its place. Its owner closes it. */
export interface StreamTarget {
  /** Bytes of `data` that one message may have; what is larger goes by URL. */
  readonly mostBytes: number;
  /**
   * Delivers in order, and resolves when the receiver has confirmed all of them. Calls may overlap as long as no two of
   * them have messages of one key.
   *
   * @throws DeliveryError `delivered` tells how many of them, from the first, are known to have arrived; later ones may
   *   have. `refused` is about the one after those. An aborted call is `unavailable`.
   */
  send(messages: readonly StreamMessage[], signal: AbortSignal): Promise<void>;
  /** Finds out whether the receiver would take messages, without sending any. @throws DeliveryError */
  probe(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
