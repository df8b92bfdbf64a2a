import Type, { type Static } from 'typebox';
import { Secret } from '../configuration/secret.ts';

const closed = { additionalProperties: false } as const;

const timeoutMs = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 60_000, description: 'Most milliseconds for one exchange; 10000.' }),
);
const allowPlainHttp = Type.Optional(
  Type.Boolean({ description: 'Whether http:// may lead to another machine; false.' }),
);
const allowPlainTcp = Type.Optional(
  Type.Boolean({ description: 'Whether an address without TLS may lead to another machine; false.' }),
);

export const KinesisSettings = Type.Object(
  {
    type: Type.Literal('kinesis'),
    stream: Type.String({ pattern: '^[a-zA-Z0-9_.-]{1,128}$', description: 'Name of the Kinesis stream.' }),
    region: Type.String({ pattern: '^[a-z0-9-]{1,64}$' }),
    endpoint: Type.Optional(
      Type.String({ maxLength: 2048, description: 'URL of what speaks the Kinesis API; AWS.' }),
    ),
    credentials: Type.Optional(
      Type.Object(
        { accessKeyId: Secret, secretAccessKey: Secret, sessionToken: Type.Optional(Secret) },
        {
          ...closed,
          description: 'Those that the AWS SDK finds: its environment variables, files and roles.',
        },
      ),
    ),
    allowPlainHttp,
    timeoutMs,
  },
  { ...closed, description: 'A stream of Amazon Kinesis Data Streams, or of a service with its API.' },
);
export type KinesisSettings = Static<typeof KinesisSettings>;

export const NatsSettings = Type.Object(
  {
    type: Type.Literal('nats'),
    servers: Type.Array(Type.String({ maxLength: 2048 }), {
      minItems: 1,
      maxItems: 16,
      description: 'URLs of servers of one cluster: tls://host:4222 or nats://host:4222.',
    }),
    subject: Type.String({
      pattern: '^[^\\s.*>$][^\\s.*>]*(?:\\.[^\\s.*>]+)*$',
      maxLength: 256,
      description: 'Subject that a JetStream stream takes messages of.',
    }),
    stream: Type.Optional(
      Type.String({
        pattern: '^[^\\s.*>/\\\\]{1,255}$',
        description: 'The JetStream stream that must be the one which takes them; any.',
      }),
    ),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    password: Type.Optional(Secret),
    token: Type.Optional(Secret),
    credentials: Type.Optional(Secret),
    mostBytes: Type.Optional(
      Type.Integer({
        minimum: 16_384,
        maximum: 67_108_864,
        description:
          'Most bytes of a message; 1044480, which suits the max_payload that servers have by default.',
      }),
    ),
    allowPlainTcp,
    timeoutMs,
  },
  { ...closed, description: 'A stream of NATS JetStream.' },
);
export type NatsSettings = Static<typeof NatsSettings>;

export const RedisSettings = Type.Object(
  {
    type: Type.Literal('redis'),
    url: Type.String({ maxLength: 2048, description: 'rediss://host:6379/0 or redis://host:6379/0.' }),
    stream: Type.String({ minLength: 1, maxLength: 512, description: 'Key of the Redis stream.' }),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    password: Type.Optional(Secret),
    maxLength: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description: 'About how many messages the stream keeps; all.',
      }),
    ),
    allowPlainTcp,
    timeoutMs,
  },
  { ...closed, description: 'A Redis stream, written by XADD.' },
);
export type RedisSettings = Static<typeof RedisSettings>;

export const WebhookStreamSettings = Type.Object(
  {
    type: Type.Literal('webhook'),
    url: Type.String({ maxLength: 2048 }),
    secret: Secret,
    mostMessages: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: 'Most messages of one request; 100.' }),
    ),
    mostBodyBytes: Type.Optional(
      Type.Integer({
        minimum: 16_384,
        maximum: 67_108_864,
        description: 'Most bytes of the body of one request; 1048576.',
      }),
    ),
    allowPlainHttp,
    timeoutMs,
  },
  {
    ...closed,
    description: 'A URL that messages are posted to, in batches, signed as Standard Webhooks says.',
  },
);
export type WebhookStreamSettings = Static<typeof WebhookStreamSettings>;

export const FileSettings = Type.Object(
  {
    type: Type.Literal('file'),
    path: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: 'From the folder of the configuration file, or absolute.',
    }),
    mostFileBytes: Type.Optional(
      Type.Integer({
        minimum: 1_048_576,
        maximum: 1_099_511_627_776,
        description: 'Size from which the file is set aside under a number and a new one begun; never.',
      }),
    ),
  },
  { ...closed, description: 'A file of JSON lines.' },
);
export type FileSettings = Static<typeof FileSettings>;

/** Where a stream of a pool leads, told apart by `type`. */
export const StreamTargetSettings = Type.Union([
  KinesisSettings,
  NatsSettings,
  RedisSettings,
  WebhookStreamSettings,
  FileSettings,
]);
export type StreamTargetSettings = Static<typeof StreamTargetSettings>;
