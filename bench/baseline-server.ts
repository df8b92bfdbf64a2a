import { createHmac, createSecretKey, hash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

// The measure of all ratios: what any server in Node must do for a request that is signed with Signature Version 4 and
// holds JSON, and nothing else. It looks nothing up, checks no input and keeps no data.

const signingKey = createSecretKey(Buffer.from('a signing key that was derived beforehand'));
const scope = 'AWS4-HMAC-SHA256\n20260101T000000Z\n20260101/us-east-1/cognito-sync/aws4_request';
const answer = JSON.stringify({ ok: true });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    if (body.length > 0) JSON.parse(body.toString());
    // A signature that fits would be news: the comparison is made all the same.
    if (request.headers.authorization?.endsWith(signatureOf(request, body))) response.statusCode = 500;
    response.setHeader('Content-Type', 'application/json');
    response.end(answer);
  });
});

function signatureOf(request: IncomingMessage, body: Buffer): string {
  const canonical = `${request.method}\n${request.url}\n${request.rawHeaders.join('\n')}\n${hash('sha256', body)}`;
  const toSign = `${scope}\n${hash('sha256', canonical)}`;
  return createHmac('sha256', signingKey).update(toSign).digest('hex');
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`baseline listening on http://127.0.0.1:${port}\n`);
});
