import { DeliveryError } from '../ports/delivery-error.ts';

const mostCharacters = 500;

/** What is thrown that is no `DeliveryError` (an abort, a bug) says nothing of the message: it is tried again. */
export function toDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new DeliveryError('unavailable', message, { cause: error });
}

/** An error in words, for logs and dead letters. */
export function reasonOf(error: DeliveryError): string {
  return `${error.failure}: ${error.message}`.slice(0, mostCharacters);
}
