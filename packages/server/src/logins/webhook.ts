import type { VerifiedLogin } from '../ports/login-verifier.ts';
import { fetchJson } from './fetch-json.ts';
import type { WebhookSettings } from './login-providers.ts';
import { isSubject } from './subject.ts';

const mostBytes = 64 * 1024;

export interface WebhookQuestion {
  readonly provider: string;
  readonly token: string;
  /** What the pool has for the provider in `SupportedLoginProviders`. */
  readonly clientId: string;
}

/**
 * Asks a program of the administrator's whom a token proves: 200 with `{"subject": …}`, or 401. Anything else is an
 * outage, so that a broken webhook neither lets anybody in nor tells users that their tokens are bad.
 */
export async function askWebhook(
  webhook: WebhookSettings,
  question: WebhookQuestion,
  signal: AbortSignal,
): Promise<VerifiedLogin> {
  try {
    const { status, json } = await fetchJson(new URL(webhook.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-holdall-secret': webhook.secret },
      body: JSON.stringify(question),
      timeoutMs: webhook.timeoutMs,
      mostBytes,
      signal,
    });
    if (status === 401) {
      return { kind: 'refused', message: "Invalid login token. Couldn't verify signed token." };
    }
    const subject = (json as { subject?: unknown } | null | undefined)?.subject;
    if (status !== 200 || !isSubject(subject)) {
      throw new Error(`The webhook for ${question.provider} answered ${status} without a subject.`);
    }
    return { kind: 'verified', login: { provider: question.provider, subject } };
  } catch (cause) {
    return { kind: 'unavailable', cause };
  }
}
