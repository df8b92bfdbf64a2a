import type { DeliveryKind } from '../domain/outbox.ts';
import type { DeliveryFailure } from './delivery-error.ts';
import type { PushAddress } from './push-target.ts';

/** What operations ask of those who send. */
export interface Deliveries {
  /** The pool's stream was switched on: what waits for it is tried again. */
  resumeStream(streamName: string): Promise<void>;
  /**
   * Makes a device known to a platform application; answers the endpoint to keep with it, if there is one. An
   * application that cannot be reached, or that this server does not know, is no reason to refuse the device.
   *
   * @throws DeliveryError `refused` when the token is not one
   */
  registerDevice(applicationArn: string, address: PushAddress): Promise<string | undefined>;
  /** A bulk publish was started. */
  publishSoon(): void;
}

/** Told what becomes of deliveries, for metrics. */
export interface DeliveryObserver {
  delivered(kind: DeliveryKind, deliveries: number): void;
  /** A try failed. */
  failed(kind: DeliveryKind, failure: DeliveryFailure): void;
  /** Given up, and kept as dead letters. */
  died(kind: DeliveryKind, deliveries: number): void;
  /** Not sent, because there is nobody to send it to. */
  dropped(kind: DeliveryKind, reason: 'no target' | 'no device'): void;
  /** Streaming of a pool was switched off, because its stream takes nothing any more. */
  streamStopped(): void;
}
