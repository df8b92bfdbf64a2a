import { createHmac } from 'node:crypto';

const prefix = 'whsec_';
const leastBytes = 24;
const mostBytes = 64;

/**
 * The `webhook-signature` header of Standard Webhooks, so that receivers can use any of its libraries. It covers the
 * message id, the time in seconds since 1970 and the body, byte for byte as they are sent.
 *
 * @throws Error when the secret is none, see `webhookKey`
 */
export function signWebhook(secret: string, id: string, timestampSeconds: number, body: string): string {
  const signature = createHmac('sha256', webhookKey(secret)).update(`${id}.${timestampSeconds}.${body}`);
  return `v1,${signature.digest('base64')}`;
}

/**
 * The bytes of a secret as Standard Webhooks writes it: `whsec_` and 24 to 64 random bytes in base64.
 *
 * @throws Error that says what is wrong, without the secret
 */
export function webhookKey(secret: string): Buffer {
  const encoded = secret.startsWith(prefix) ? secret.slice(prefix.length) : '';
  const key = Buffer.from(encoded, 'base64');
  const isBase64 = key.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '');
  if (!isBase64 || key.length < leastBytes || key.length > mostBytes) {
    throw new Error(
      `A webhook secret must be ${prefix} and ${leastBytes} to ${mostBytes} bytes in base64, ` +
        `as \`echo ${prefix}$(openssl rand -base64 32)\` makes it.`,
    );
  }
  return key;
}
