import Type, { type Static } from 'typebox';
import { Secret } from '../configuration/secret.ts';

const closed = { additionalProperties: false } as const;

const Url = Type.String({ minLength: 1, maxLength: 2048 });

const FilePath = Type.String({
  minLength: 1,
  maxLength: 4096,
  description: 'A path, from the folder of this file if it is relative.',
});

const TimeoutMs = Type.Optional(
  Type.Integer({
    minimum: 50,
    maximum: 60_000,
    description: 'How long one delivery may take, in milliseconds; 10000 unless given.',
  }),
);

const CertificateAuthority = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 4096,
    description: 'A PEM file; these certificate authorities are trusted instead of the usual ones.',
  }),
);

export const SnsSettings = Type.Object(
  {
    type: Type.Literal('sns'),
    region: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9-]{1,64}$',
        description: "The one in the application's ARN unless given.",
      }),
    ),
    endpoint: Type.Optional(Url),
    allowPlainHttp: Type.Optional(Type.Boolean()),
    credentials: Type.Optional(
      Type.Object(
        {
          accessKeyId: Secret,
          secretAccessKey: Secret,
          sessionToken: Type.Optional(Secret),
        },
        { ...closed, description: 'Unless given, found as the AWS SDK finds them.' },
      ),
    ),
    timeoutMs: TimeoutMs,
  },
  { ...closed, description: 'A platform application of Amazon SNS, or of anything that speaks its API.' },
);
export type SnsSettings = Static<typeof SnsSettings>;

export const FcmSettings = Type.Object(
  {
    type: Type.Literal('fcm'),
    serviceAccount: Type.Optional(Secret),
    serviceAccountFile: Type.Optional(FilePath),
    projectId: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9:.-]{1,128}$',
        description: "The Firebase project; the service account's unless given.",
      }),
    ),
    priority: Type.Optional(
      Type.Union([Type.Literal('normal'), Type.Literal('high')], {
        description: 'Of messages on Android; high wakes a sleeping device, normal unless given.',
      }),
    ),
    endpoint: Type.Optional(Url),
    timeoutMs: TimeoutMs,
  },
  {
    ...closed,
    description: 'Firebase Cloud Messaging, HTTP v1. One of serviceAccount and serviceAccountFile.',
  },
);
export type FcmSettings = Static<typeof FcmSettings>;

const TenCharacters = Type.String({ pattern: '^[A-Z0-9]{10}$' });

export const ApnsSettings = Type.Object(
  {
    type: Type.Literal('apns'),
    key: Type.Optional(Secret),
    keyFile: Type.Optional(FilePath),
    keyId: TenCharacters,
    teamId: TenCharacters,
    topic: Type.String({ pattern: '^[A-Za-z0-9.-]{1,255}$', description: "The app's bundle id." }),
    endpoint: Type.Optional(Url),
    certificateAuthority: CertificateAuthority,
    timeoutMs: TimeoutMs,
  },
  { ...closed, description: 'Apple Push Notification service with a token key. One of key and keyFile.' },
);
export type ApnsSettings = Static<typeof ApnsSettings>;

export const WebPushSettings = Type.Object(
  {
    type: Type.Literal('web-push'),
    publicKey: Type.String({ pattern: '^[A-Za-z0-9_-]{87}$', description: 'What apps subscribe with.' }),
    privateKey: Secret,
    subject: Type.String({
      pattern: '^(?:mailto:|https://).',
      maxLength: 256,
      description: 'Where push services reach you: mailto:you@example.org or an https address.',
    }),
    allowedHosts: Type.Optional(
      Type.Array(Type.String({ pattern: '^(?:\\*\\.)?[a-z0-9.:\\[\\]-]{1,253}$' }), {
        minItems: 1,
        maxItems: 100,
        description:
          'Only these push services are used, and whatever their addresses; *.example.org is all below example.org. ' +
          'Without it, any with a public address.',
      }),
    ),
    certificateAuthority: CertificateAuthority,
    timeoutMs: TimeoutMs,
  },
  { ...closed, description: 'Web Push with VAPID, for browsers and UnifiedPush.' },
);
export type WebPushSettings = Static<typeof WebPushSettings>;

export const WebhookPushSettings = Type.Object(
  {
    type: Type.Literal('webhook'),
    url: Url,
    secret: Secret,
    allowPlainHttp: Type.Optional(Type.Boolean()),
    certificateAuthority: CertificateAuthority,
    timeoutMs: TimeoutMs,
  },
  {
    ...closed,
    description: 'Every notice is posted to a program of yours, signed as Standard Webhooks says.',
  },
);
export type WebhookPushSettings = Static<typeof WebhookPushSettings>;

/** How one platform application is reached. */
export const PushTargetSettings = Type.Union(
  [SnsSettings, FcmSettings, ApnsSettings, WebPushSettings, WebhookPushSettings],
  { description: 'How the devices of a platform application are notified.' },
);
export type PushTargetSettings = Static<typeof PushTargetSettings>;
