/** As Node's: an error, or null and what was asked for. */
export type Callback<T> = (error: Error | null, value?: T) => void;

/**
 * Tells the callback how a promise ended: once, never before the call that it was given to has returned, and in a turn of
 * its own, where what it throws is nobody's failure but its own.
 */
export function told<T>(promise: Promise<T>, callback: Callback<T> | undefined): Promise<T> {
  if (callback) {
    promise.then(
      (value) => queueMicrotask(() => callback(null, value)),
      (error) => queueMicrotask(() => callback(error)),
    );
  }
  return promise;
}
