import Type, { type Static } from 'typebox';
import { Secret } from '../configuration/secret.ts';

const concurrency = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 32,
    description: 'Updates that may wait for the function at one time; others hear LambdaThrottledException.',
  }),
);

/** AWS Lambda, or whatever speaks its Invoke operation. */
export const LambdaFunctionSettings = Type.Object(
  {
    type: Type.Literal('lambda'),
    functionName: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 170,
        description: 'Name or ARN to invoke instead of the ARN that pools have.',
      }),
    ),
    region: Type.Optional(
      Type.String({ pattern: '^[a-z0-9-]{1,64}$', description: 'Default: the region in the ARN.' }),
    ),
    endpoint: Type.Optional(
      Type.String({ maxLength: 2048, description: "URL of a compatible service. Default: AWS's own." }),
    ),
    allowPlainHttp: Type.Optional(
      Type.Boolean({ default: false, description: 'Lets the endpoint be http on another machine.' }),
    ),
    credentials: Type.Optional(
      Type.Object(
        { accessKeyId: Secret, secretAccessKey: Secret, sessionToken: Type.Optional(Secret) },
        {
          additionalProperties: false,
          description: 'Default: what the AWS SDK finds in the environment, in ~/.aws or at the machine.',
        },
      ),
    ),
    concurrency,
  },
  { additionalProperties: false, description: 'AWS Lambda, or a service that speaks its Invoke operation.' },
);

/** A program that gets the event by POST and answers with it. */
export const HttpFunctionSettings = Type.Object(
  {
    type: Type.Literal('http'),
    url: Type.String({ maxLength: 2048, description: 'Where the event is posted to.' }),
    allowPlainHttp: Type.Optional(
      Type.Boolean({ default: false, description: 'Lets the URL be http on another machine.' }),
    ),
    secret: Type.Optional(
      Type.Union([Secret], {
        description: 'Sent as x-holdall-secret, so that the program knows who asks.',
      }),
    ),
    concurrency,
  },
  { additionalProperties: false, description: 'A program that gets the event by POST.' },
);

/** A JavaScript or TypeScript module that runs in threads of the server. */
export const ModuleFunctionSettings = Type.Object(
  {
    type: Type.Literal('module'),
    path: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: "File that exports `handler`, from the configuration file's directory.",
    }),
    threads: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 16, default: 2, description: 'Events handled at one time.' }),
    ),
    memoryMb: Type.Optional(
      Type.Integer({ minimum: 16, maximum: 4096, default: 128, description: 'Heap of each thread.' }),
    ),
    environment: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$' }), Secret, {
        description: "The function's process.env; it has nothing of the server's own.",
      }),
    ),
    concurrency,
  },
  { additionalProperties: false, description: 'A module that runs in threads of the server.' },
);

/** Where a function is that pools name by an ARN. */
export const FunctionSettings = Type.Union([
  LambdaFunctionSettings,
  HttpFunctionSettings,
  ModuleFunctionSettings,
]);
export type FunctionSettings = Static<typeof FunctionSettings>;
export type LambdaFunctionSettings = Static<typeof LambdaFunctionSettings>;
export type HttpFunctionSettings = Static<typeof HttpFunctionSettings>;
export type ModuleFunctionSettings = Static<typeof ModuleFunctionSettings>;
