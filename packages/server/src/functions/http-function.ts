import type { SyncTriggerEvent } from '../domain/sync-trigger.ts';
import { syncTriggerTimeoutMs } from '../domain/sync-trigger.ts';
import { fetchJson } from '../logins/fetch-json.ts';
import { SyncTriggerError } from '../ports/sync-trigger.ts';
import { mostAnswerBytes, type TriggerFunction } from './trigger-function.ts';

export interface HttpFunctionOptions {
  readonly url: URL;
  readonly secret: string | undefined;
}

/** A program of the administrator's: 200 with the event as it wants it, or 429 to be asked again later. */
export class HttpFunction implements TriggerFunction {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, secret }: HttpFunctionOptions) {
    this.#url = url;
    this.#headers = {
      'content-type': 'application/json',
      ...(secret !== undefined && { 'x-holdall-secret': secret }),
    };
  }

  async invoke(event: SyncTriggerEvent, signal: AbortSignal): Promise<unknown> {
    const { status, json } = await fetchJson(this.#url, {
      method: 'POST',
      headers: this.#headers,
      body: JSON.stringify(event),
      timeoutMs: syncTriggerTimeoutMs,
      mostBytes: mostAnswerBytes,
      signal,
    });
    if (status === 429) throw new SyncTriggerError('throttled', `${this.#url.origin} answered 429.`);
    if (status !== 200) throw new Error(`${this.#url.origin} answered ${status}.`);
    if (json === undefined) throw new Error(`${this.#url.origin} did not answer JSON.`);
    return json;
  }

  /** Any answer will do: that the function runs, only an event can show. */
  async probe(signal: AbortSignal): Promise<void> {
    const response = await fetch(this.#url, { method: 'HEAD', redirect: 'manual', signal });
    await response.body?.cancel();
  }

  async close(): Promise<void> {}
}
