import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { signWebhook, webhookKey } from './sign-webhook.ts';

test('signs the example of Standard Webhooks as its libraries do', () => {
  expect(
    signWebhook(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330,
      '{"test": 2432232314}',
    ),
  ).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test('signs any message with any key that is long enough', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 24, maxLength: 64 }),
      fc.string({ unit: 'binary' }),
      fc.nat(),
      (key, body, time) => {
        const expected = createHmac('sha256', key)
          .update(Buffer.from(`m.${time}.${body}`))
          .digest('base64');
        const secret = `whsec_${Buffer.from(key).toString('base64')}`;
        expect(signWebhook(secret, 'm', time, body)).toBe(`v1,${expected}`);
      },
    ),
  );
});

test.each([
  ['nothing', ''],
  ['no prefix', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ['too few bytes', `whsec_${Buffer.alloc(23).toString('base64')}`],
  ['too many', `whsec_${Buffer.alloc(65).toString('base64')}`],
  ['something other than base64', 'whsec_not base64 at all, but rather long'],
])('refuses a secret that is %s, and does not repeat it', (_name, secret) => {
  expect(() => webhookKey(secret)).toThrow('A webhook secret must be whsec_ and 24 to 64 bytes in base64');
  if (secret !== '') expect(() => webhookKey(secret)).not.toThrow(secret);
});
