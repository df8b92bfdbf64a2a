import { createHmac, hash, randomUUID } from 'node:crypto';
import { region } from './population.ts';

export interface Credentials {
  readonly AccessKeyId: string;
  readonly SecretKey: string;
  readonly SessionToken: string;
}

export interface SignedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

interface Unsigned {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
}

/** Signature Version 4, with the headers that the AWS SDK for JavaScript v3 sends and signs. */
export function sign(request: Unsigned, port: number, credentials: Credentials): SignedRequest {
  const { method, path, query, body } = request;
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const bodyHash = hash('sha256', body);
  const signed: (readonly [string, string])[] = [
    ['amz-sdk-invocation-id', randomUUID()],
    ['amz-sdk-request', 'attempt=1; max=3'],
    ...contentHeaders(body),
    ['host', `127.0.0.1:${port}`],
    ['x-amz-content-sha256', bodyHash],
    ['x-amz-date', time],
    ['x-amz-security-token', credentials.SessionToken],
    ['x-amz-user-agent', 'aws-sdk-js/3.1123.0'],
  ];
  const names = signed.map(([name]) => name).join(';');
  const canonicalPath = path.split('/').map(encodeURIComponent).join('/');
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = `${method}\n${canonicalPath}\n${query}\n${lines}\n${names}\n${bodyHash}`;

  const day = time.slice(0, 8);
  const scope = `${day}/${region}/cognito-sync/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical)}`;
  const key = [day, region, 'cognito-sync', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${credentials.SecretKey}`,
  );
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.AccessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  const userAgent = 'aws-sdk-js/3.1123.0 ua/2.1 os/linux lang/js md/nodejs#24.0.0 api/cognito-sync#3.1123.0';
  return {
    method,
    target: query === '' ? path : `${path}?${query}`,
    headers: [
      ...signed,
      ['authorization', authorization],
      ['user-agent', userAgent],
      ['connection', 'keep-alive'],
    ],
    body,
  };
}

function contentHeaders(body: string): readonly (readonly [string, string])[] {
  if (body === '') return [];
  return [
    ['content-length', String(Buffer.byteLength(body))],
    ['content-type', 'application/json'],
  ];
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
