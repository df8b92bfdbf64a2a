import {
  type Answer,
  callIdentity,
  datasetPath,
  type Identity,
  newIdentity,
  SignedClient,
  type Wire,
} from '../../../../conformance/signed-client.ts';
import { percentEncode } from '../../../../conformance/signing.ts';
import { mergedCopy, type Step } from './history.ts';

/** A service that histories are played on. */
export interface Stage {
  readonly wire: Wire;
  readonly poolId: string;
  readonly developer: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly region: string;
  readonly now: () => number;
  /** A token of the login provider `publicProvider`. */
  readonly loginToken: (user: string) => string;
}

/** The pools know these. */
export const developerProvider = 'login.differential';
export const publicProvider = 'graph.facebook.com';

/** What a client of one service knows, and what it was answered, with everything that is random named by its order. */
export class HistoryPlayer {
  readonly #stage: Stage;
  readonly #name: string;
  readonly #identities: Identity[] = [];
  readonly #names = new Map<string, string>();
  /** Session tokens, the latest last, by identity and dataset. */
  readonly #tokens = new Map<string, string[]>();
  readonly #openIdTokens: { readonly id: string; readonly token: string }[] = [];
  readonly #counts = new Map<string, number>();
  /** Names of merged copies, by identity. */
  readonly #copies = new Map<string, readonly string[]>();
  readonly #devices = new Map<number, string>();
  /** What the last listing that was not whole gave, to go on with. */
  #nextPage: { readonly identity: Identity; readonly dataset: string; readonly token: string } | undefined;

  /** @param name users of this name are of this history alone */
  constructor(stage: Stage, name: string) {
    this.#stage = stage;
    this.#name = name;
    this.#names.set(stage.poolId, 'pool');
  }

  /** Plays one step. Returns what was answered. */
  async play({ who, dataset: name, does }: Step): Promise<unknown> {
    if (this.#identities.length === 0) await this.#addGuest();
    const index = who % this.#identities.length;
    const identity = this.#identities[index];
    if (!identity) throw new Error('There is no identity.');
    const dataset = name === mergedCopy ? this.#copyOf(identity) : name;
    const path = datasetPath(this.#stage.poolId, identity.id, dataset);
    const own = path.replace(/\/datasets\/[^/]+$/, '');
    const place = `${identity.id}/${dataset}`;
    const token = (at: number) => {
      const own = this.#tokens.get(place) ?? [];
      return (at === 9 ? [...this.#tokens.values()].flat()[0] : (own.at(-1 - at) ?? own.at(-1))) ?? 'none';
    };
    switch (does.kind) {
      case 'wait':
        return undefined;
      case 'newGuest':
        return this.#addGuest();
      case 'list': {
        const query = new URLSearchParams({ lastSyncCount: String(does.since) });
        if (does.size !== undefined) query.set('maxResults', String(does.size));
        if (does.token !== undefined) query.set('syncSessionToken', token(does.token));
        return this.#list(identity, dataset, `${path}/records?${query}`);
      }
      case 'nextPage': {
        const page = this.#nextPage;
        if (!page) return this.#list(identity, dataset, `${path}/records?maxResults=1`);
        this.#nextPage = undefined;
        const listed = datasetPath(this.#stage.poolId, page.identity.id, page.dataset);
        const query = `maxResults=1&nextToken=${percentEncode(page.token)}`;
        return this.#list(page.identity, page.dataset, `${listed}/records?${query}`);
      }
      case 'update': {
        if (!this.#tokens.has(place)) await this.#list(identity, dataset, `${path}/records`);
        const known = this.#counts.get(place) ?? 0;
        const RecordPatches = does.patches.map(({ key: Key, value, behind }) => ({
          Key,
          SyncCount: known - behind,
          ...(value === null ? { Op: 'remove' } : { Op: 'replace', Value: value }),
        }));
        const device = this.#devices.get(index);
        return this.#ask(identity, 'POST', path, {
          RecordPatches,
          SyncSessionToken: token(does.token),
          ...(does.device && { DeviceId: device ?? 'phone' }),
        });
      }
      case 'delete': {
        const deleted = await this.#ask(identity, 'DELETE', path);
        const listing = `${path}/records?lastSyncCount=1&syncSessionToken=${percentEncode(token(0))}`;
        return [deleted, await this.#list(identity, dataset, listing)];
      }
      case 'describe':
        return this.#ask(identity, 'GET', path);
      case 'listDatasets':
        return this.#ask(identity, 'GET', `${own}/datasets`);
      case 'usage':
        return this.#ask(identity, 'GET', own);
      case 'watch':
        return this.#ask(identity, 'GET', `${own}/changes`);
      case 'register': {
        const singular = own.replace('/identities/', '/identity/');
        const answer = await this.#send(identity, 'POST', `${singular}/device`, {
          Platform: 'GCM',
          Token: `push-${index}`,
        });
        const { DeviceId } = parsed(answer.text);
        if (typeof DeviceId === 'string') {
          this.#devices.set(index, DeviceId);
          this.#rename(DeviceId, 'device');
        }
        return this.#shown(answer);
      }
      case 'subscription': {
        const method = does.begins ? 'POST' : 'DELETE';
        return this.#ask(identity, method, `${path}/subscriptions/${this.#devices.get(index) ?? 'none'}`);
      }
      case 'credentials':
        return this.#renew(index);
      case 'signIn':
        return this.#signIn(identity, does.user, does.presents);
      case 'login': {
        const user = `${this.#name}-${does.user}`;
        const logins = { [publicProvider]: this.#stage.loginToken(user) };
        const claimed = does.presents ? identity.id : await this.#getId(logins);
        const given = await this.#getCredentials(claimed, logins);
        return [given, await this.#look(this.#identities.at(-1), 'notes')];
      }
      case 'claim': {
        const { id, token: given } = this.#openIdTokens.at(-1 - does.token) ?? {
          id: identity.id,
          token: 'none',
        };
        return this.#getCredentials(id, { 'cognito-identity.amazonaws.com': given });
      }
    }
  }

  /** A dataset and its merged copy, whole. */
  async #look(identity: Identity | undefined, dataset: string): Promise<unknown> {
    if (!identity) return undefined;
    const records = (name: string) =>
      this.#list(identity, name, `${datasetPath(this.#stage.poolId, identity.id, name)}/records`);
    return [await records(dataset), await records(this.#copyOf(identity))];
  }

  /** The one whose name comes first when it is told without random ids. */
  #copyOf({ id }: Identity): string {
    const inOrder = (this.#copies.get(id) ?? []).toSorted((left, right) =>
      this.#named(left) < this.#named(right) ? -1 : 1,
    );
    return inOrder[0] ?? 'notes';
  }

  async #addGuest(): Promise<string> {
    const { wire, poolId } = this.#stage;
    const identity = await newIdentity(wire, poolId);
    this.#rename(identity.id, 'identity');
    this.#identities.push(identity);
    return `guest ${this.#identities.length}`;
  }

  async #list(identity: Identity, dataset: string, target: string): Promise<unknown> {
    const answer = await this.#send(identity, 'GET', target);
    const { SyncSessionToken, NextToken, DatasetSyncCount, MergedDatasetNames } = parsed(answer.text);
    if (MergedDatasetNames) this.#copies.set(identity.id, MergedDatasetNames as readonly string[]);
    const place = `${identity.id}/${dataset}`;
    const tokens = this.#tokens.get(place) ?? [];
    if (typeof SyncSessionToken === 'string' && !tokens.includes(SyncSessionToken)) {
      this.#tokens.set(place, [...tokens, SyncSessionToken]);
    }
    if (typeof DatasetSyncCount === 'number') this.#counts.set(place, DatasetSyncCount);
    if (typeof NextToken === 'string') this.#nextPage = { identity, dataset, token: NextToken };
    return this.#shown(answer);
  }

  async #signIn(identity: Identity, user: number, presents: boolean): Promise<unknown> {
    const { wire, poolId, region, developer, now } = this.#stage;
    const input = {
      IdentityPoolId: poolId,
      Logins: { [developerProvider]: `${this.#name}-${user}` },
      ...(presents && { IdentityId: identity.id }),
    };
    const signer = { credentials: developer, region, at: now() };
    try {
      const given = await callIdentity(wire, 'GetOpenIdTokenForDeveloperIdentity', input, signer);
      const { IdentityId: id, Token: token } = given as { IdentityId: string; Token: string };
      this.#rename(id, 'identity');
      this.#openIdTokens.push({ id, token });
      return this.#named(id);
    } catch (error) {
      return this.#named(String(error));
    }
  }

  async #renew(index: number): Promise<unknown> {
    const identity = this.#identities[index];
    return identity && this.#getCredentials(identity.id, {});
  }

  async #getId(Logins: Readonly<Record<string, string>>): Promise<string> {
    const { wire, poolId } = this.#stage;
    const { IdentityId } = await callIdentity(wire, 'GetId', { IdentityPoolId: poolId, Logins });
    this.#rename(String(IdentityId), 'identity');
    return String(IdentityId);
  }

  async #getCredentials(id: string, Logins: Readonly<Record<string, string>>): Promise<unknown> {
    try {
      const given = await callIdentity(this.#stage.wire, 'GetCredentialsForIdentity', {
        IdentityId: id,
        Logins,
      });
      const { AccessKeyId, SecretKey, SessionToken } = given.Credentials as Record<string, string>;
      const credentials = {
        accessKeyId: AccessKeyId ?? '',
        secretAccessKey: SecretKey ?? '',
        sessionToken: SessionToken ?? '',
      };
      const found = { id: String(given.IdentityId), credentials };
      const known = this.#identities.findIndex((identity) => identity.id === found.id);
      // The latest last.
      if (known >= 0) this.#identities.splice(known, 1);
      this.#identities.push(found);
      return this.#named(found.id);
    } catch (error) {
      return this.#named(String(error));
    }
  }

  async #ask(identity: Identity, method: string, target: string, body?: unknown): Promise<unknown> {
    return this.#shown(await this.#send(identity, method, target, body));
  }

  #send({ credentials }: Identity, method: string, target: string, body?: unknown): Promise<Answer> {
    const { wire, region, now } = this.#stage;
    const signing = { service: 'cognito-sync', region, at: now() };
    return new SignedClient(wire, credentials, signing).send(method, target, body);
  }

  /** Status, error and body, comparable with those of another service. */
  #shown({ status, headers, text }: Answer): unknown {
    const type = headers.get('x-amzn-ErrorType');
    const named = this.#named(text);
    const body: unknown = headers.get('Content-Type') === 'application/json' ? withoutTokens(named) : named;
    return { status, ...(type !== undefined && { type }), body };
  }

  #named(text: string): string {
    let named = text;
    for (const [value, name] of this.#names) named = named.replaceAll(value, name);
    // A server spreads its listeners when they come back.
    return named.replace(/^retry: \d+/, 'retry: …');
  }

  #rename(value: string, what: string): void {
    if (!this.#names.has(value)) this.#names.set(value, `${what}-${this.#names.size}`);
  }
}

/** Tokens differ from service to service, and so does the order of names that have ids in them. */
function withoutTokens(text: string): unknown {
  return JSON.parse(text, (name, value: unknown) => {
    if (name === 'SyncSessionToken' || name === 'NextToken') return '…';
    if (name === 'MergedDatasetNames') return (value as string[]).toSorted();
    if (name !== 'Datasets') return value;
    const nameOf = (dataset: { readonly DatasetName: string }) => dataset.DatasetName;
    return (value as { readonly DatasetName: string }[]).toSorted((left, right) =>
      nameOf(left) < nameOf(right) ? -1 : 1,
    );
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
