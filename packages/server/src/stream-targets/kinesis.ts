import { setTimeout as wait } from 'node:timers/promises';
import {
  DescribeStreamSummaryCommand,
  KinesisClient,
  KinesisServiceException,
  PutRecordsCommand,
  type PutRecordsCommandOutput,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { readSecret } from '../configuration/secret.ts';
import { limitAnswers } from '../outgoing/limit-answers.ts';
import { receiverUrl } from '../outgoing/receiver-url.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { StreamMessage } from '../ports/stream-target.ts';
import { deliverInRounds } from './deliver-in-rounds.ts';
import { type StreamTargetOptions, usualTimeoutMs } from './options.ts';
import type { Receiver } from './receiver.ts';
import type { KinesisSettings } from './settings.ts';

/** A record has at most 1 MiB, its partition key included, and a partition key 256 characters of at most four bytes. */
const mostBytes = 1024 * 1024 - 4 * 256;

/** A call has at most 500 records and 5 MiB, partition keys included. */
const perCall = { mostMessages: 500, mostBytes: 4 * 1024 * 1024 };

/**
 * A busy shard takes some records of a call and throttles others. They are sent again within the delivery, so that the
 * others do not go twice for their sake.
 */
const pausesMs = [100, 200, 400, 800];

/** What no waiting mends. An expired session token is none of these: whoever issued it issues the next. */
const gone = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'KMSAccessDeniedException',
  'KMSDisabledException',
  'KMSNotFoundException',
  'KMSOptInRequired',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'IncompleteSignatureException',
  'IncompleteSignature',
  'MissingAuthenticationTokenException',
  'MissingAuthenticationToken',
  'OptInRequired',
  'UnknownOperationException',
]);

export function kinesisReceiver(settings: KinesisSettings, options: StreamTargetOptions): Receiver {
  const { stream } = settings;
  const client = openClient(settings, options);
  return {
    name: `Kinesis stream ${stream} in ${settings.region}`,
    mostBytes,

    async deliver(messages, signal, confirm) {
      await deliverInRounds(messages, perCall, confirm, (round) => putRecords(client, stream, round, signal));
    },

    async probe(signal) {
      const command = new DescribeStreamSummaryCommand({ StreamName: stream });
      const { StreamDescriptionSummary } = await explained(client.send(command, { abortSignal: signal }));
      const status = StreamDescriptionSummary?.StreamStatus;
      if (status !== 'ACTIVE' && status !== 'UPDATING') {
        throw new DeliveryError('unavailable', `its status is ${status}`);
      }
    },

    async close() {
      client.destroy();
    },
  };
}

function openClient(settings: KinesisSettings, { environment }: StreamTargetOptions): KinesisClient {
  const { region, endpoint, credentials, allowPlainHttp, timeoutMs = usualTimeoutMs } = settings;
  const sessionToken = credentials?.sessionToken && readSecret(credentials.sessionToken, environment);
  const client = new KinesisClient({
    region,
    // Whoever sends tries again later.
    maxAttempts: 1,
    ...(endpoint !== undefined && { endpoint: receiverUrl(endpoint, allowPlainHttp).href }),
    ...(credentials && {
      credentials: {
        accessKeyId: readSecret(credentials.accessKeyId, environment),
        secretAccessKey: readSecret(credentials.secretAccessKey, environment),
        ...(sessionToken !== undefined && { sessionToken }),
      },
    }),
    // The SDK would speak HTTP/2, which AWS alone does.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    }),
  });
  limitAnswers(client);
  return client;
}

async function putRecords(
  client: KinesisClient,
  stream: string,
  round: readonly StreamMessage[],
  signal: AbortSignal,
): Promise<readonly (DeliveryError | undefined)[]> {
  const answers: (DeliveryError | undefined)[] = [];
  let left = [...round.entries()];
  for (const pauseMs of [...pausesMs, undefined]) {
    const results = await putOnce(
      client,
      stream,
      left.map(([, message]) => message),
      signal,
    );
    for (const [index, [place]] of left.entries()) answers[place] = results[index];
    left = left.filter(([place]) => answers[place]?.failure === 'unavailable');
    if (left.length === 0 || pauseMs === undefined) break;
    await wait(pauseMs, undefined, { signal });
  }
  return answers;
}

async function putOnce(
  client: KinesisClient,
  stream: string,
  messages: readonly StreamMessage[],
  signal: AbortSignal,
): Promise<readonly (DeliveryError | undefined)[]> {
  const command = new PutRecordsCommand({
    StreamName: stream,
    Records: messages.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
  });
  const { Records } = await explained(client.send(command, { abortSignal: signal }));
  return messages.map((_message, index) => resultOf(Records?.[index]));
}

function resultOf(
  record: NonNullable<PutRecordsCommandOutput['Records']>[number] | undefined,
): DeliveryError | undefined {
  if (record?.SequenceNumber) return undefined;
  const code = record?.ErrorCode ?? 'no answer for the record';
  return new DeliveryError(
    gone.has(code) ? 'gone' : 'unavailable',
    `${code} ${record?.ErrorMessage ?? ''}`.trim(),
  );
}

/** Tells what the service refused from what never got to it. */
async function explained<Output>(output: Promise<Output>): Promise<Output> {
  try {
    return await output;
  } catch (error) {
    if (!(error instanceof KinesisServiceException) || !gone.has(error.name)) throw error;
    throw new DeliveryError('gone', `${error.name}: ${error.message}`, { cause: error });
  }
}
