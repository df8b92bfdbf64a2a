/** A value, now or later. What need not wait does not, so that an edit shows in the same turn as it was made. */
export type Eventual<T> = T | Promise<T>;

export function whenReady<T, Result>(
  value: Eventual<T>,
  next: (value: T) => Eventual<Result>,
): Eventual<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}

export function allReady<T>(values: readonly Eventual<T>[]): Eventual<readonly T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as readonly T[]);
}

/** Rejects when the signal is aborted; what was going on goes on unheard. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
