const methods = ['digest', 'sign', 'verify', 'importKey', 'generateKey', 'exportKey'] as const;

const pending = new Set<Promise<unknown>>();
let isWatched = false;

/**
 * What WebCrypto is at. Its work is done by other threads and takes as long as it takes: a clock that let time pass
 * meanwhile would have requests time out while they are being signed. Watches from the first call on.
 */
export function cryptoAtWork(): ReadonlySet<Promise<unknown>> {
  if (!isWatched) watch();
  return pending;
}

function watch(): void {
  isWatched = true;
  const { subtle } = crypto;
  for (const name of methods) {
    const original = Reflect.get(subtle, name) as (...values: unknown[]) => Promise<unknown>;
    const watched = (...values: unknown[]) => {
      const work = original.apply(subtle, values);
      pending.add(work);
      const end = () => pending.delete(work);
      work.then(end, end);
      return work;
    };
    Object.defineProperty(subtle, name, { value: watched, configurable: true, writable: true });
  }
}
