import { errorRow, outputWriter, ServiceError } from '@holdall/protocol';
import type { Manner, Route } from './route.ts';
import type { Instant } from './state.ts';

/** What an answer says of the request. */
export interface AnswerHead {
  readonly requestId: string;
  readonly at: Instant;
  readonly manner: Manner;
  /** Undefined when the request names no operation. */
  readonly route: Route | undefined;
}

export function succeed({ operation }: Route, output: unknown, head: AnswerHead): Response {
  if (operation.streams) return goOn(output as ReadableStream<Uint8Array>, head);
  const hasBody = operation.output !== undefined || head.manner === 'json';
  const write = outputWriter(operation.output ?? {}, 'omit');
  const body = hasBody ? JSON.stringify(write(output ?? {})) : '';
  return new Response(body, { status: 200, headers: usualHeaders(head) });
}

/** A body that goes on. */
function goOn(stream: ReadableStream<Uint8Array>, head: AnswerHead): Response {
  const headers = {
    ...usualHeaders(head),
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  };
  return new Response(stream, { status: 200, headers });
}

/** An error as the service writes it: its type is in a header and in the body. */
export function refuse({ code, message }: ServiceError, head: AnswerHead): Response {
  const row = errorRow(code);
  const type = row.jsonName ?? code;
  const headers = {
    ...usualHeaders(head),
    'x-amzn-ErrorType': `${type}:`,
    'x-amzn-ErrorMessage': inOneLine(message),
  };
  return new Response(JSON.stringify({ __type: type, message }), { status: statusOf(code, head), headers });
}

export function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError('InternalErrorException', 'An internal error occurred.', { cause: error });
}

function statusOf(code: ServiceError['code'], { manner, route }: AnswerHead): number {
  const { status, fault } = errorRow(code);
  if (code === 'UnknownOperationException' && manner === 'json') return 400;
  const isFlat = fault === 'client' && code !== 'RequestEntityTooLargeException';
  return (isFlat ? route?.service.flatStatus : undefined) ?? status;
}

/** What a header can hold. */
function inOneLine(message: string): string {
  return message
    .slice(0, 1024)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim();
}

function usualHeaders({ manner, requestId, at }: AnswerHead): Record<string, string> {
  return {
    'Content-Type': manner === 'rest' ? 'application/json' : 'application/x-amz-json-1.1',
    'x-amzn-RequestId': requestId,
    Date: new Date(at).toUTCString(),
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': 'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date',
  };
}
