import { Agent, request as httpRequest } from 'node:http';
import { datasetName, identityId, type Population, poolId } from './population.ts';
import { type Credentials, type SignedRequest, sign } from './sign.ts';

/** One identity's device, with the credentials that the server under test gave it. */
export interface Device {
  readonly port: number;
  readonly identityId: string;
  readonly credentials: Credentials;
}

export interface UnsignedRequest {
  readonly method: 'GET' | 'POST';
  /** Percent-encoded. */
  readonly path: string;
  /** Percent-encoded and in canonical order. */
  readonly query: string;
  readonly body: string;
}

/** What ListRecords tells a device before it sends its changes. */
export interface OpenSession {
  readonly token: string;
  readonly datasetSyncCount: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** `count` devices of different identities, spread evenly over the population. */
export function findDevices(
  port: number,
  population: Population,
  kind: keyof Population,
  count: number,
): Promise<readonly Device[]> {
  const stride = population[kind] / count;
  return inChunks(count, (index) => newDevice(port, identityId(kind, Math.floor(index * stride))));
}

async function newDevice(port: number, id: string): Promise<Device> {
  const { Credentials } = await ask(port, {
    method: 'POST',
    target: '/',
    headers: [
      ['content-type', 'application/x-amz-json-1.1'],
      ['x-amz-target', 'AWSCognitoIdentityService.GetCredentialsForIdentity'],
    ],
    body: JSON.stringify({ IdentityId: id }),
  });
  return { port, identityId: id, credentials: Credentials as Credentials };
}

export function datasetPath(device: Device): string {
  const [pool, identity] = [encodeURIComponent(poolId), encodeURIComponent(device.identityId)];
  return `/identitypools/${pool}/identities/${identity}/datasets/${datasetName}`;
}

export function signFor(device: Device, request: UnsignedRequest): SignedRequest {
  return sign(request, device.port, device.credentials);
}

/** For each device, a request of its own that is ready to be sent: bytes of HTTP/1.1. */
export function renderRequests(
  devices: readonly Device[],
  request: (device: Device, session: OpenSession) => UnsignedRequest,
): Promise<readonly Buffer[]> {
  return inChunks(devices.length, async (index) => {
    const device = devices[index];
    if (!device) throw new Error(`There is no device ${index}.`);
    return render(signFor(device, request(device, await openSession(device))));
  });
}

/** Asks for one record only: the answer's size is of no interest here. */
async function openSession(device: Device): Promise<OpenSession> {
  const path = `${datasetPath(device)}/records`;
  const answer = await ask(
    device.port,
    signFor(device, { method: 'GET', path, query: 'maxResults=1', body: '' }),
  );
  return { token: String(answer.SyncSessionToken), datasetSyncCount: Number(answer.DatasetSyncCount) };
}

export function render({ method, target, headers, body }: SignedRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n${body}`);
}

/** Sends one request and reads the JSON object that answers it. Throws unless it succeeds. */
function ask(
  port: number,
  { method, target, headers, body }: SignedRequest,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { port, method, path: target, headers: Object.fromEntries(headers), agent },
      async (incoming) => {
        const text = (await incoming.setEncoding('utf8').toArray()).join('');
        if (incoming.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${method} ${target}: ${incoming.statusCode} ${text}`));
      },
    );
    outgoing.on('error', reject).end(body);
  });
}

async function inChunks<Item>(count: number, make: (index: number) => Promise<Item>): Promise<Item[]> {
  const items: Item[] = [];
  while (items.length < count) {
    const start = items.length;
    const length = Math.min(256, count - start);
    items.push(...(await Promise.all(Array.from({ length }, (_, index) => make(start + index)))));
  }
  return items;
}
