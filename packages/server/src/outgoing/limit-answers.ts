import { readBounded } from './receiver-client.ts';

const mostAnswerBytes = 1024 * 1024;

interface AwsClient {
  readonly middlewareStack: {
    add(
      middleware: <Result extends { response: unknown }>(
        next: (request: never) => Promise<Result>,
      ) => (request: never) => Promise<Result>,
      options: { step: 'deserialize'; priority: 'low'; name: string },
    ): void;
  };
}

/** Makes a client of the AWS SDK give up on answers that are too long: by itself it reads on until memory ends. */
export function limitAnswers(client: AwsClient): void {
  client.middlewareStack.add(
    (next) => async (request) => {
      const result = await next(request);
      const response = result.response as { body?: unknown };
      if (isReadable(response.body)) {
        const { body, isWhole } = await readBounded(response.body, mostAnswerBytes);
        if (!isWhole) throw new Error(`The service answered more than ${mostAnswerBytes} bytes.`);
        response.body = body;
      }
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'limitAnswers' },
  );
}

function isReadable(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
