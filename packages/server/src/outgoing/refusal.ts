import { DeliveryError, type DeliveryFailure } from '../ports/delivery-error.ts';

/** No receiver holds back its messages for longer. */
const mostWaitMs = 24 * 60 * 60 * 1000;

/**
 * What a status other than success means for the sender, where the receiver has no words of its own for it.
 *
 * @param receiver begins the message: `The webhook`
 */
export function refusal(
  receiver: string,
  answer: { readonly status: number; readonly headers: { readonly 'retry-after'?: string | undefined } },
  now: number,
): DeliveryError {
  const { status, headers } = answer;
  const wait = retryAfterMs(headers['retry-after'], now);
  return new DeliveryError(failureOf(status), `${receiver} answered ${status}.`, {
    ...(wait !== undefined && { retryAfterMs: wait }),
  });
}

function failureOf(status: number): DeliveryFailure {
  // That nothing is there is what a proxy says while the receiver is replaced behind it.
  if (status >= 500 || [404, 408, 425, 429].includes(status)) return 'unavailable';
  // Not allowed, no more, elsewhere: the settings have to change, or the receiver.
  if ([401, 403, 405, 410].includes(status) || (status >= 300 && status < 400)) return 'gone';
  return status >= 400 ? 'refused' : 'unavailable';
}

/** A `Retry-After` header: seconds or an HTTP date. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), mostWaitMs);
}
