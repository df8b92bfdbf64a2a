/** Those who want to be told. */
export class Listeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  /** The function that it returns takes the listener off. */
  add(listener: (event: Event) => void): () => void {
    // One of its own for each call, also when one function is added twice.
    const own = (event: Event) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** A listener that throws is the app's fault and nobody else's: it is reported, and the others are told. */
  tell(event: Event): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        report(error);
      }
    }
  }
}

/** Events as an async iteration, none missed from the call on. Ends with the signal, or when the loop is left. */
export function stream<Event>(listeners: Listeners<Event>, signal?: AbortSignal): AsyncGenerator<Event> {
  const waiting: Event[] = [];
  let wake = () => {};
  const remove = listeners.add((event) => {
    waiting.push(event);
    wake();
  });
  const stop = () => wake();
  signal?.addEventListener('abort', stop, { once: true });
  return (async function* () {
    try {
      while (!signal?.aborted) {
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      remove();
      signal?.removeEventListener('abort', stop);
    }
  })();
}

/** As an error that nobody caught. */
function report(error: unknown): void {
  if (globalThis.reportError) globalThis.reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}
