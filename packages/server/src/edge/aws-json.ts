import { outputWriter, type Service } from '@holdall/protocol';
import { parseJsonObject } from './json.ts';
import type { Protocol } from './protocol.ts';
import { jsonFailure } from './rest-json.ts';
import { routeByTarget } from './target.ts';

/** JSON 1.1: `POST /` with `X-Amz-Target: <service>.<Operation>`; the body is the input, the answer the output. */
export function awsJson(services: readonly Service[]): Protocol {
  const byTarget = new Map(services.map((service) => [service.target, service]));
  const writers = new Map(
    services.flatMap((service) =>
      Object.values(service.operations).map((operation) => [
        operation,
        outputWriter(operation.output ?? {}, 'omit'),
      ]),
    ),
  );
  return {
    contentType: 'application/x-amz-json-1.1',
    route: (request) => routeByTarget(byTarget, request),
    members: (request) => parseJsonObject(request.body),
    success: ({ operation }, output) => JSON.stringify(writers.get(operation)?.(output ?? {})),
    failure: (code, message, route) => {
      const failure = jsonFailure(code, message, route);
      // Services of JSON 1.1 answer 400 to an operation that they do not know.
      return code === 'UnknownOperationException' ? { ...failure, status: 400 } : failure;
    },
  };
}
