import { createHash } from 'node:crypto';
import { readSecret } from '../configuration/secret.ts';
import { ReceiverClient } from '../outgoing/receiver-client.ts';
import { receiverUrl } from '../outgoing/receiver-url.ts';
import { refusal } from '../outgoing/refusal.ts';
import { signWebhook, webhookKey } from '../outgoing/sign-webhook.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import { chunks } from './deliver-in-rounds.ts';
import { encodeEntry } from './json-entry.ts';
import { type StreamTargetOptions, usualTimeoutMs } from './options.ts';
import type { Receiver } from './receiver.ts';
import type { WebhookStreamSettings } from './settings.ts';

const usualMostMessages = 100;
const usualMostBodyBytes = 1024 * 1024;

/** What a body has beside the JSON of one message: its id, its key, the names around them. */
const envelopeBytes = 2048;

interface Entry {
  readonly id: string;
  readonly json: Buffer;
}

export function webhookReceiver(settings: WebhookStreamSettings, options: StreamTargetOptions): Receiver {
  const { mostMessages = usualMostMessages, mostBodyBytes = usualMostBodyBytes } = settings;
  const { timeoutMs = usualTimeoutMs } = settings;
  const { now = Date.now, environment } = options;
  const url = receiverUrl(settings.url, settings.allowPlainHttp);
  const secret = readSecret(settings.secret, environment);
  webhookKey(secret);
  const client = new ReceiverClient();

  const post = async (entries: readonly Entry[], signal: AbortSignal): Promise<void> => {
    const body = `{"messages":[${entries.map(({ json }) => json.toString('utf8')).join(',')}]}`;
    const id = batchId(entries);
    const timestamp = Math.floor(now() / 1000);
    const answer = await client.post(url, {
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signWebhook(secret, id, timestamp, body),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (answer.status < 200 || answer.status > 299) throw refusal('it', answer, now());
  };

  /** When the receiver will not take a batch, finds the message that is to blame. What is before it is delivered. */
  const deliverBatch = async (
    entries: readonly Entry[],
    signal: AbortSignal,
    confirm: (delivered: number) => void,
  ): Promise<void> => {
    try {
      await post(entries, signal);
      confirm(entries.length);
    } catch (error) {
      if (entries.length === 1 || !(error instanceof DeliveryError) || error.failure !== 'refused')
        throw error;
      const half = entries.length >> 1;
      await deliverBatch(entries.slice(0, half), signal, confirm);
      await deliverBatch(entries.slice(half), signal, (delivered) => confirm(half + delivered));
    }
  };

  return {
    // The path may hold a secret.
    name: `webhook at ${url.origin}`,
    mostBytes: mostBodyBytes - envelopeBytes,

    async deliver(messages, signal, confirm) {
      const entries = messages.map((message): Entry => ({ id: message.id, json: encodeEntry(message) }));
      const limits = { mostMessages, mostBytes: mostBodyBytes - envelopeBytes };
      let before = 0;
      for (const batch of chunks(entries, ({ json }) => json.length + 1, limits)) {
        await deliverBatch(batch, signal, (delivered) => confirm(before + delivered));
        before += batch.length;
      }
    },

    probe: (signal) => post([], signal),

    async close() {
      client.close();
    },
  };
}

/** The same for the same messages, so that a receiver can drop a batch that it has seen. */
function batchId(entries: readonly Entry[]): string {
  const ids = createHash('sha256').update(JSON.stringify(entries.map(({ id }) => id)));
  return `msg_${ids.digest('base64url')}`;
}
