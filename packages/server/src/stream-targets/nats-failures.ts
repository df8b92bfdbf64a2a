import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/transport-node';
import { DeliveryError, type DeliveryFailure } from '../ports/delivery-error.ts';

// `err_code` of JetStream's answers.
const tooLarge = [10054, 10097];
/** Not there, not the expected one, sealed. */
const gone = [10059, 10060, 10109];

/**
 * What a failed publication means. Waits for another answer of the server where its first says too little.
 *
 * @throws the error itself when the server did not explain anything
 */
export async function failureOf(
  error: unknown,
  open: NatsConnection,
  subject: string,
): Promise<DeliveryError> {
  if (hasNoResponders(error)) {
    // No stream takes the subject; or one does, and its servers are about to choose a leader.
    await streamOf(open, subject);
    return new DeliveryError('unavailable', 'its stream does not answer', { cause: error });
  }
  const known = explained(error);
  if (known) return known;
  throw error;
}

/**
 * The stream that takes messages of a subject.
 *
 * @throws DeliveryError `gone` when there is none
 */
export async function streamOf(open: NatsConnection, subject: string): Promise<string> {
  try {
    const manager = await jetstreamManager(open, { checkAPI: false });
    return await manager.streams.find(subject);
  } catch (error) {
    if (hasNoResponders(error)) {
      throw new DeliveryError('unavailable', 'the server has no JetStream, or none yet', { cause: error });
    }
    return explain(error);
  }
}

/** @throws DeliveryError when the server said why, else the error itself */
export function explain(error: unknown): never {
  throw explained(error) ?? error;
}

function explained(error: unknown): DeliveryError | undefined {
  if (error instanceof errors.AuthorizationError || error instanceof errors.PermissionViolationError) {
    return new DeliveryError('gone', error.message, { cause: error });
  }
  // A server may take less than the settings say. The client knows, and does not even send.
  if (error instanceof errors.InvalidArgumentError) {
    return new DeliveryError('refused', error.message, { cause: error });
  }
  if (error instanceof JetStreamApiError) {
    return new DeliveryError(failureOfCode(error.code), error.message, { cause: error });
  }
  return error instanceof Error && error.cause !== undefined ? explained(error.cause) : undefined;
}

function failureOfCode(code: number): DeliveryFailure {
  if (gone.includes(code)) return 'gone';
  return tooLarge.includes(code) ? 'refused' : 'unavailable';
}

function hasNoResponders(error: unknown): boolean {
  const cause = error instanceof errors.RequestError ? error : (error as Error).cause;
  return cause instanceof errors.RequestError && cause.isNoResponders();
}
