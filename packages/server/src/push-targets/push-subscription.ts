import { createECDH } from 'node:crypto';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';

/** What `PushSubscription.toJSON()` of a browser gives; more members than these are let through and ignored. */
const PushSubscription = Type.Object({
  endpoint: Type.String({ pattern: '^https://', maxLength: 2048 }),
  keys: Type.Object({
    p256dh: Type.String({ pattern: '^[A-Za-z0-9_-]{87}=?$' }),
    auth: Type.String({ pattern: '^[A-Za-z0-9_-]{22}(?:==)?$' }),
  }),
});
export type PushSubscription = Static<typeof PushSubscription>;

const longest = 4096;

/** Undefined when the text is no subscription that a message can be encrypted for. */
export function parsePushSubscription(text: string): PushSubscription | undefined {
  if (text.length > longest) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Check(PushSubscription, value)) return undefined;
  const url = URL.parse(value.endpoint);
  if (url?.username !== '' || url.password !== '') return undefined;
  return isPoint(value.keys.p256dh) ? value : undefined;
}

/** Whether it is a point on P-256, uncompressed; others would fail, or worse, in the encryption. */
function isPoint(encoded: string): boolean {
  const curve = createECDH('prime256v1');
  curve.generateKeys();
  try {
    curve.computeSecret(Buffer.from(encoded, 'base64url'));
    return true;
  } catch {
    return false;
  }
}
