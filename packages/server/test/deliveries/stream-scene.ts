import { readFileSync } from 'node:fs';
import {
  callIdentity,
  datasetPath,
  type Identity,
  newIdentity,
  SignedClient,
  WireClient,
} from '../../../../conformance/signed-client.ts';
import { percentEncode } from '../../../../conformance/signing.ts';
import type { StreamRecord } from '../../src/domain/outbox.ts';
import type { TestServer } from '../../src/testing/index.ts';

/** A pool, and whoever writes to it and administers it, over the wire. */
export class StreamScene implements Disposable {
  readonly #wire: WireClient;
  readonly #developer: SignedClient;
  readonly poolId: string;

  private constructor(wire: WireClient, developer: SignedClient, poolId: string) {
    this.#wire = wire;
    this.#developer = developer;
    this.poolId = poolId;
  }

  static async open(server: TestServer): Promise<StreamScene> {
    const wire = new WireClient(server.url);
    const { credentials, region } = server;
    const settings = { IdentityPoolName: 'streams', AllowUnauthenticatedIdentities: true };
    const pool = await callIdentity(wire, 'CreateIdentityPool', settings, { credentials, region });
    const developer = new SignedClient(wire, credentials, { service: 'cognito-sync', region });
    return new StreamScene(wire, developer, String(pool.IdentityPoolId));
  }

  /** The same pool, after the server was started again. */
  static reopen(server: TestServer, poolId: string): StreamScene {
    const { url, credentials, region } = server;
    const wire = new WireClient(url);
    return new StreamScene(
      wire,
      new SignedClient(wire, credentials, { service: 'cognito-sync', region }),
      poolId,
    );
  }

  configure(configuration: object): Promise<Readonly<Record<string, unknown>>> {
    return this.#developer.json(
      'POST',
      `/identitypools/${percentEncode(this.poolId)}/configuration`,
      configuration,
    );
  }

  stream(StreamName: string, StreamingStatus = 'ENABLED') {
    const RoleArn = 'arn:aws:iam::000000000000:role/streams';
    return this.configure({ CognitoStreams: { StreamName, StreamingStatus, RoleArn } });
  }

  configuration(): Promise<Readonly<Record<string, unknown>>> {
    return this.#developer.json('GET', `/identitypools/${percentEncode(this.poolId)}/configuration`);
  }

  bulkPublish() {
    return this.#developer.send('POST', `/identitypools/${percentEncode(this.poolId)}/bulkpublish`, {});
  }

  bulkPublishDetails(): Promise<Readonly<Record<string, unknown>>> {
    return this.#developer.json(
      'POST',
      `/identitypools/${percentEncode(this.poolId)}/getBulkPublishDetails`,
      {},
    );
  }

  async writer(region: string): Promise<Writer> {
    return new Writer(this.#wire, this.poolId, await newIdentity(this.#wire, this.poolId), region);
  }

  [Symbol.dispose](): void {
    this.#wire[Symbol.dispose]();
  }
}

/** One identity. */
export class Writer {
  readonly #client: SignedClient;
  readonly #poolId: string;
  readonly id: string;

  constructor(wire: WireClient, poolId: string, identity: Identity, region: string) {
    this.#client = new SignedClient(wire, identity.credentials, { service: 'cognito-sync', region });
    this.#poolId = poolId;
    this.id = identity.id;
  }

  async write(datasetName: string, values: Readonly<Record<string, string | null>>, DeviceId?: string) {
    const path = datasetPath(this.#poolId, this.id, datasetName);
    const { SyncSessionToken } = await this.#client.json('GET', `${path}/records`);
    return await this.#client.json('POST', path, {
      SyncSessionToken,
      ...(DeviceId !== undefined && { DeviceId }),
      RecordPatches: Object.entries(values).map(([Key, Value]) => ({
        Op: Value === null ? 'remove' : 'replace',
        Key,
        Value: Value ?? undefined,
        SyncCount: 2 ** 40,
      })),
    });
  }

  async delete(datasetName: string): Promise<void> {
    await this.#client.json('DELETE', datasetPath(this.#poolId, this.id, datasetName));
  }

  async register(Platform: string, Token: string): Promise<string> {
    const path = `/identitypools/${percentEncode(this.#poolId)}/identity/${percentEncode(this.id)}/device`;
    return String((await this.#client.json('POST', path, { Platform, Token })).DeviceId);
  }

  async subscribe(datasetName: string, deviceId: string): Promise<void> {
    const path = `${datasetPath(this.#poolId, this.id, datasetName)}/subscriptions/${deviceId}`;
    await this.#client.json('POST', path, {});
  }
}

/** What a file target wrote. */
export function recordsOf(file: string): readonly StreamRecord[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // Nothing came yet.
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => dataOf(JSON.parse(line)));
}

function dataOf(line: { readonly data?: StreamRecord }): StreamRecord {
  return line.data ?? (line as unknown as StreamRecord);
}
