import { pipeline, type Readable, Transform } from 'node:stream';
import type {
  InvokeCommand,
  InvokeCommandInput,
  InvokeCommandOutput,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import type { SyncTriggerEvent } from '../domain/sync-trigger.ts';
import { SyncTriggerError } from '../ports/sync-trigger.ts';
import { AnswerTooLongError, mostAnswerBytes, type TriggerFunction } from './trigger-function.ts';

export interface LambdaFunctionOptions {
  /** A name or an ARN. */
  readonly functionName: string;
  readonly region: string;
  /** AWS's own when undefined. */
  readonly endpoint: string | undefined;
  /** What the SDK finds by itself when undefined. */
  readonly credentials: LambdaCredentials | undefined;
}

export interface LambdaCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const mostErrorCharacters = 1000;

/** A function of AWS Lambda, or of a service that speaks its Invoke operation. */
export class LambdaFunction implements TriggerFunction {
  readonly #functionName: string;
  readonly #sdk: Promise<Sdk>;

  constructor({ functionName, ...options }: LambdaFunctionOptions) {
    this.#functionName = functionName;
    this.#sdk = loadSdk(options);
  }

  async invoke(event: SyncTriggerEvent, signal: AbortSignal): Promise<unknown> {
    const { FunctionError, Payload } = await this.#send('RequestResponse', JSON.stringify(event), signal);
    const text = Buffer.from(Payload ?? []).toString('utf8');
    if (FunctionError !== undefined) {
      throw new Error(`The function failed (${FunctionError}): ${text.slice(0, mostErrorCharacters)}`);
    }
    return JSON.parse(text);
  }

  async probe(signal: AbortSignal): Promise<void> {
    try {
      await this.#send('DryRun', '{}', signal);
    } catch (error) {
      // Compatible services know no dry run. They are there, and that is all they can be asked.
      if ((error as { name?: unknown }).name !== 'InvalidParameterValueException') throw error;
    }
  }

  async close(): Promise<void> {
    (await this.#sdk).client.destroy();
  }

  async #send(
    InvocationType: 'RequestResponse' | 'DryRun',
    Payload: string,
    signal: AbortSignal,
  ): Promise<InvokeCommandOutput> {
    const { client, newCommand } = await this.#sdk;
    const command = newCommand({ FunctionName: this.#functionName, InvocationType, Payload });
    limitAnswer(command, signal);
    try {
      return await client.send(command, { abortSignal: signal });
    } catch (error) {
      if ((error as { name?: unknown }).name !== 'TooManyRequestsException') throw error;
      throw new SyncTriggerError('throttled', 'The function is throttled.', { cause: error });
    }
  }
}

interface Sdk {
  readonly client: LambdaClient;
  readonly newCommand: (input: InvokeCommandInput) => InvokeCommand;
}

/** Only who has such a function needs the memory that the SDK takes. */
async function loadSdk(options: Omit<LambdaFunctionOptions, 'functionName'>): Promise<Sdk> {
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const { region, endpoint, credentials } = options;
  const client = new LambdaClient({
    region,
    // A function that ran must not run again for the same update: who is told to try again does so from the device.
    maxAttempts: 1,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
  });
  return { client, newCommand: (input) => new InvokeCommand(input) };
}

/** The SDK would gather whatever comes, for however long it takes: it forgets the signal once an answer has begun. */
function limitAnswer(command: InvokeCommand, signal: AbortSignal): void {
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { body?: Readable };
      if (response.body) response.body = limited(response.body, signal);
      return result;
    },
    // Before the SDK reads the answer.
    { step: 'deserialize', priority: 'low', name: 'limitAnswer' },
  );
}

function limited(body: Readable, signal: AbortSignal): Readable {
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      if (bytes > mostAnswerBytes) done(new AnswerTooLongError());
      else done(null, chunk);
    },
  });
  const end = () => counted.destroy(signal.reason as Error);
  signal.addEventListener('abort', end, { once: true });
  // An error of either ends the other, and reaches the SDK, which reads the last of them.
  pipeline(body, counted, () => signal.removeEventListener('abort', end));
  if (signal.aborted) end();
  return counted;
}
