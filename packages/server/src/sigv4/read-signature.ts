import {
  isPresigned,
  type MalformedSignature,
  malformed,
  parseAuthorization,
  parsePresigned,
  readPresignParameters,
  type Signature,
} from './parse.ts';
import type { SignedRequest } from './signed-request.ts';

export type SignatureReading =
  | { readonly kind: 'unsigned' }
  | MalformedSignature
  | { readonly kind: 'signed'; readonly signature: Signature };

/** A second value of these would leave open which one was meant. */
const SINGLE_HEADERS = [
  'authorization',
  'host',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
];

/** What the request says of its own signature, in the `Authorization` header or in the query. */
export function readSignature(request: SignedRequest): SignatureReading {
  const { headers } = request;
  const authorization = headers.get('authorization');
  const presign = readPresignParameters(request.query);
  if ('kind' in presign) {
    return presign;
  }
  const presigned = isPresigned(presign);
  if (authorization === undefined && !presigned) {
    return { kind: 'unsigned' };
  }
  for (const name of SINGLE_HEADERS) {
    if (headers.isRepeated(name)) {
      return malformed(`The header '${name}' must not be repeated.`);
    }
  }
  if (authorization === undefined) {
    return parsePresigned(request, presign);
  }
  if (presigned) {
    return malformed(
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  }
  return parseAuthorization(authorization, headers, presign);
}
