import type { WireRequest, WireResponse } from './protocol.ts';

/**
 * Sent with every answer, errors too: without the exposed names a browser's SDK can neither type errors nor correct
 * its clock. Any origin may call, since a page proves itself by its signature and never by a cookie.
 */
export const crossOriginHeaders = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Expose-Headers',
  'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date',
] as const;

const usualHeaders =
  'authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token,x-amz-user-agent,' +
  'x-amz-client-context,x-amz-target,amz-sdk-invocation-id,amz-sdk-request,last-event-id';

const headerNames = /^[\w-]+(?:\s*,\s*[\w-]+){0,63}$/;

/** What a browser asks before it sends a signed request; such questions are never signed. */
export function preflight(request: WireRequest): WireResponse {
  const asked = request.headers.get('access-control-request-headers') ?? '';
  return {
    status: 200,
    headers: [
      'Access-Control-Allow-Origin',
      '*',
      'Access-Control-Allow-Methods',
      'GET,POST,DELETE,OPTIONS',
      'Access-Control-Allow-Headers',
      // SDKs add headers of their own from version to version, and `*` does not cover authorization.
      headerNames.test(asked) ? asked : usualHeaders,
      'Access-Control-Max-Age',
      '86400',
    ],
    body: '',
  };
}
