import { errorRow, outputWriter, ServiceError } from '@holdall/protocol';
import type { Instant } from './state.ts';
import type { Route } from './route.ts';

/** What every answer says besides its body. */
export interface AnswerHead {
  readonly requestId: string;
  readonly at: Instant;
}

export function succeed({ operation, protocol }: Route, output: unknown, head: AnswerHead): Response {
  const { output: members } = operation;
  const hasBody = members !== undefined || protocol === 'json';
  const body = hasBody ? JSON.stringify(outputWriter(members ?? {}, 'omit')(output ?? {})) : '';
  return new Response(body, { status: 200, headers: headers(route(protocol), head) });
}

/** An error as the service writes it: its type in a header and in the body. */
export function refuse(error: ServiceError, found: Route | undefined, head: AnswerHead): Response {
  const row = errorRow(error.code);
  const isUnknown = error.code === 'UnknownOperationException' && found?.protocol === 'json';
  const isFlat = row.fault === 'client' && error.code !== 'RequestEntityTooLargeException';
  const flat = isFlat ? found?.service.flatStatus : undefined;
  const type = row.jsonName ?? error.code;
  const message = error.message.slice(0, 1024).replaceAll(/\s+/g, ' ').replaceAll(/[^\x20-\x7e]/g, '?').trim();
  return new Response(JSON.stringify({ __type: type, message: error.message }), {
    status: isUnknown ? 400 : (flat ?? row.status),
    headers: {
      ...headers(route(found?.protocol ?? 'rest'), head),
      'x-amzn-ErrorType': `${type}:`,
      'x-amzn-ErrorMessage': message,
    },
  });
}

export function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError('InternalErrorException', 'An internal error occurred.', { cause: error });
}

const route = (protocol: Route['protocol']) =>
  protocol === 'rest' ? 'application/json' : 'application/x-amz-json-1.1';

function headers(contentType: string, { requestId, at }: AnswerHead): Record<string, string> {
  return {
    'Content-Type': contentType,
    'x-amzn-RequestId': requestId,
    Date: new Date(at).toUTCString(),
  };
}
