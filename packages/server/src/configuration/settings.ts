import Type, { type Static } from 'typebox';
import { FunctionSettings } from '../functions/settings.ts';
import { PushTargetSettings } from '../push-targets/settings.ts';
import { StreamTargetSettings } from '../stream-targets/settings.ts';

/**
 * The configuration file: what the service sends to. Types, checks, and the published JSON Schema all come from here.
 */
export const Settings = Type.Object(
  {
    $schema: Type.Optional(Type.String({ maxLength: 2048, description: 'Where editors find this schema.' })),
    publicUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s/?#]+(?:/[^\\s/?#]+)*$',
        maxLength: 2048,
        description:
          'What others reach this server by, without a slash at its end: stream records that are too long are fetched from it. The address that it listens on unless given.',
      }),
    ),
    functions: Type.Optional(
      Type.Record(Type.String({ minLength: 1 }), FunctionSettings, {
        description: 'By the ARN that SetCognitoEvents has for SyncTrigger.',
      }),
    ),
    streams: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-zA-Z0-9_.-]{1,128}$' }), StreamTargetSettings, {
        description: 'By the StreamName that SetIdentityPoolConfiguration has in CognitoStreams.',
      }),
    ),
    push: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^arn:[a-z-]+:sns:[^:]*:[^:]*:app/(?:APNS|APNS_SANDBOX|GCM|ADM)/.+$' }),
        PushTargetSettings,
        { description: 'By the ApplicationArns that SetIdentityPoolConfiguration has in PushSync.' },
      ),
    ),
  },
  { additionalProperties: false, title: 'holdall.config.json' },
);
export type Settings = Static<typeof Settings>;
