import { setTimeout } from 'node:timers/promises';
import type { Case, CaseCaller, CaseRequest, Json, Step } from './case.ts';
import { functionName } from './functions.ts';
import { judge } from './judge.ts';
import { fill, fillText, mentioned, type Variables } from './placeholders.ts';
import {
  type Answer,
  callIdentity,
  datasetPath,
  type Identity,
  newIdentity,
  SignedClient,
  type Wire,
  WireClient,
} from './signed-client.ts';
import {
  basicTimestamp,
  type Credentials,
  type Outgoing,
  percentEncode,
  type Signing,
  sign,
} from './signing.ts';

export interface SessionOptions {
  /** Where Cognito Sync answers. */
  readonly url: string;
  /** Where Cognito Identity answers, if that is elsewhere. */
  readonly identityUrl?: string;
  readonly region: string;
  /** A developer's credentials. */
  readonly credentials: Credentials;
  /** What the ARNs of the cases' functions begin with. */
  readonly functionArns?: string;
  /** Takes requests to both, in the place of connections to these addresses. */
  readonly wire?: Wire;
}

/** What a case has at hand. */
interface Scene {
  readonly variables: Variables;
  readonly credentials: ReadonlyMap<CaseCaller, Credentials>;
  readonly poolId: string;
  readonly identity: Identity | undefined;
}

/** Runs cases against a service, in a pool that it makes at the start and deletes at the end. */
export class Session implements AsyncDisposable {
  readonly #options: SessionOptions;
  readonly #sync: Wire;
  readonly #identity: Wire;
  readonly #poolId: string;

  private constructor(options: SessionOptions, sync: Wire, identity: Wire, poolId: string) {
    this.#options = options;
    this.#sync = sync;
    this.#identity = identity;
    this.#poolId = poolId;
  }

  static async open(options: SessionOptions): Promise<Session> {
    const sync = options.wire ?? new WireClient(options.url);
    const identity = options.wire ?? new WireClient(options.identityUrl ?? options.url);
    return new Session(options, sync, identity, await createPool(identity, options, {}));
  }

  /** How the service's answers differ from the case's; nothing when they do not. */
  async run(each: Case): Promise<readonly string[]> {
    const settings = each.pool ?? (each.function && {});
    const ownPool = settings && (await createPool(this.#identity, this.#options, settings));
    try {
      const scene = await this.#setScene(each, ownPool ?? this.#poolId);
      await this.#writeGiven(each, scene);
      await this.#setFunction(each, scene);
      return await this.#runSteps(each.steps, scene);
    } finally {
      if (ownPool !== undefined) await this.#deletePool(ownPool);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#deletePool(this.#poolId);
    this.#sync[Symbol.dispose]();
    this.#identity[Symbol.dispose]();
  }

  async #setScene(each: Case, poolId: string): Promise<Scene> {
    const text = JSON.stringify(each);
    const wants = (caller: string, variable: string) =>
      text.includes(`"as":"${caller}"`) || new RegExp(`\\{\\{%*(?:${variable})`).test(text);
    const own = 'identity(?:Id|AccessKeyId|SecretAccessKey|SessionToken)\\}|sessionToken:';
    const needsIdentity = each.given !== undefined || wants('identity', own);
    const identity = needsIdentity ? await newIdentity(this.#identity, poolId) : undefined;
    const other =
      wants('other-identity', 'otherIdentityId|otherSessionToken') &&
      (await newIdentity(this.#identity, poolId));

    const { credentials: developer, region } = this.#options;
    const credentials = new Map<CaseCaller, Credentials>([['developer', developer]]);
    const variables: Variables = new Map<string, Json>([
      ['poolId', poolId],
      ['poolUuid', poolId.split(':')[1] ?? ''],
      ['region', region],
      ['host', this.#sync.host],
      ['accessKeyId', developer.accessKeyId],
    ]);
    if (identity) {
      credentials.set('identity', identity.credentials);
      variables.set('identityId', identity.id);
      variables.set('identityAccessKeyId', identity.credentials.accessKeyId);
      variables.set('identitySecretAccessKey', identity.credentials.secretAccessKey);
      variables.set('identitySessionToken', identity.credentials.sessionToken ?? '');
    }
    if (other) {
      credentials.set('other-identity', other.credentials);
      variables.set('otherIdentityId', other.id);
      variables.set('otherSessionToken', other.credentials.sessionToken ?? '');
    }
    return { variables, credentials, poolId, identity };
  }

  async #writeGiven(each: Case, { variables, poolId, identity }: Scene): Promise<void> {
    for (const [datasetName, records] of Object.entries(each.given ?? {})) {
      if (!identity) continue;
      const client = this.#clientOf(identity);
      const path = datasetPath(poolId, identity.id, fillText(datasetName, variables));
      const { SyncSessionToken } = await client.json('GET', `${path}/records`);
      const RecordPatches = Object.entries(records).map(([Key, Value]) =>
        Value === null ? { Op: 'remove', Key, SyncCount: 0 } : { Op: 'replace', Key, Value, SyncCount: 0 },
      );
      await client.json('POST', path, { RecordPatches, SyncSessionToken });
    }
  }

  /** After what is given was written, so that the function has no part in it. */
  async #setFunction(each: Case, { poolId }: Scene): Promise<void> {
    if (!each.function) return;
    const { credentials, region, functionArns } = this.#options;
    if (functionArns === undefined) throw new Error('It is not said where functions are.');
    const developer = new SignedClient(this.#sync, credentials, { service: 'cognito-sync', region });
    const SyncTrigger = `${functionArns}${functionName(each.function)}`;
    const path = `/identitypools/${percentEncode(poolId)}/events`;
    // It has no answer but its status.
    const { status, text } = await developer.send('POST', path, { Events: { SyncTrigger } });
    if (status !== 200) throw new Error(`SetCognitoEvents answered ${status} ${text}`);
  }

  async #runSteps(steps: readonly Step[], scene: Scene): Promise<readonly string[]> {
    for (const [index, step] of steps.entries()) {
      for (let n = 1; n <= (step.times ?? 1); n++) {
        await setTimeout(step.afterMs ?? 0);
        scene.variables.set('n', n);
        scene.variables.set('now', basicTimestamp(Date.now()));
        scene.variables.set('today', basicTimestamp(Date.now()).slice(0, 8));
        await this.#openSessions(step, scene);
        const request = await this.#request(step.request, scene);
        const answer = await this.#clientFor(step.request).send(request);
        const found = judge(step.request, step.response, answer, scene.variables);
        if (found.length > 0) return [describeExchange(index, request, answer), ...found];
      }
    }
    return [];
  }

  /** `{{sessionToken:NAME}}` is a new token of that dataset. */
  async #openSessions(step: Step, { variables, poolId, identity }: Scene): Promise<void> {
    for (const name of mentioned(JSON.stringify(step.request))) {
      const datasetName = name.startsWith('sessionToken:') ? name.slice('sessionToken:'.length) : undefined;
      if (datasetName === undefined || !identity) continue;
      const path = `${datasetPath(poolId, identity.id, datasetName)}/records`;
      const { SyncSessionToken } = await this.#clientOf(identity).json('GET', path);
      variables.set(name, String(SyncSessionToken));
    }
  }

  async #request(step: CaseRequest, { variables, credentials }: Scene): Promise<Outgoing> {
    const { service, ...signed } = step.signed ?? {};
    const written = (part: Pick<CaseRequest, 'path' | 'query' | 'headers' | 'body'>, base?: Outgoing) => ({
      method: step.method,
      target: target(part, variables),
      headers: { Host: this.#clientFor(step).host, ...base?.headers, ...filledHeaders(part, variables) },
      body:
        step.bodyBase64 === undefined
          ? bodyBytes(part.body, variables)
          : Buffer.from(step.bodyBase64, 'base64'),
    });
    const request = written(step);
    if (step.as === 'nobody') return request;

    const caller = credentials.get(step.as);
    if (!caller) throw new Error(`The case has no credentials for ${step.as}.`);
    const token = signed.sessionToken ?? caller.sessionToken;
    const own = {
      accessKeyId: fillText(signed.accessKeyId ?? caller.accessKeyId, variables),
      secretAccessKey: fillText(signed.secretAccessKey ?? caller.secretAccessKey, variables),
      ...(token !== undefined && token !== '' && { sessionToken: fillText(token, variables) }),
    };
    const signing: Signing = {
      service: service ?? serviceOf(step),
      region: signed.region ?? this.#options.region,
      at: Date.now() - (signed.secondsAgo ?? 0) * 1000,
      checksum: signed.checksum ?? false,
      ...(signed.presignedSeconds !== undefined && { presignedSeconds: signed.presignedSeconds }),
      ...(signed.without && { without: signed.without }),
    };
    const result = await sign(request, own, signing);
    const { changed } = step;
    if (!changed) return result;
    const differing = written({ path: step.path, ...changed }, result);
    const retargeted = changed.path !== undefined || changed.query !== undefined;
    return {
      method: changed.method ?? result.method,
      target: retargeted ? differing.target : result.target,
      headers: { ...result.headers, ...filledHeaders(changed, variables) },
      body: changed.body === undefined ? result.body : differing.body,
    };
  }

  #clientFor(request: CaseRequest): Wire {
    return serviceOf(request) === 'cognito-identity' ? this.#identity : this.#sync;
  }

  #clientOf(identity: Identity): SignedClient {
    const { region } = this.#options;
    return new SignedClient(this.#sync, identity.credentials, { service: 'cognito-sync', region });
  }

  async #deletePool(poolId: string): Promise<void> {
    await callIdentity(this.#identity, 'DeleteIdentityPool', { IdentityPoolId: poolId }, this.#options);
  }
}

async function createPool(
  wire: Wire,
  options: SessionOptions,
  settings: { readonly [setting: string]: Json },
): Promise<string> {
  const input = { IdentityPoolName: 'conformance', AllowUnauthenticatedIdentities: true };
  const pool = await callIdentity(wire, 'CreateIdentityPool', { ...input, ...settings }, options);
  return String(pool.IdentityPoolId);
}

function serviceOf({ path, query, headers, body }: CaseRequest): string {
  if (path !== '/') return 'cognito-sync';
  const named = JSON.stringify([query, headers, typeof body === 'string' ? body : '']);
  return /AWSCognitoIdentityService|IdentityPoolName|Action=ListIdentityPools&/.test(named)
    ? 'cognito-identity'
    : 'cognito-sync';
}

function target(part: Pick<CaseRequest, 'path' | 'query'>, variables: Variables): string {
  const path = fillText(part.path, variables);
  return part.query === undefined ? path : `${path}?${fillText(part.query, variables)}`;
}

function filledHeaders({ headers }: Pick<CaseRequest, 'headers'>, variables: Variables) {
  return fill(headers ?? {}, variables) as Record<string, string | readonly string[]>;
}

function bodyBytes(body: Json | undefined, variables: Variables): Uint8Array {
  if (body === undefined) return new Uint8Array();
  const filled = fill(body, variables);
  return Buffer.from(typeof body === 'string' ? String(filled) : JSON.stringify(filled));
}

function describeExchange(index: number, request: Outgoing, answer: Answer): string {
  const { method, target: where } = request;
  const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join(' | ');
  const cut = (text: string) => (text.length > 1500 ? `${text.slice(0, 1500)}…` : text);
  return `step ${index + 1}, ${method} ${cut(where)}\n    answered ${answer.status} ${headers}\n    ${cut(answer.text)}`;
}
