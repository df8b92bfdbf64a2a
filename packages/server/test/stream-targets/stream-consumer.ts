/**
 * A consumer as those of Amazon Cognito Streams are written: a bean with exactly the documented members, whose parser
 * refuses others, kept as a copy of the datasets.
 */
export class StreamConsumer {
  /** Values by identity, dataset and key. */
  readonly copy = new Map<string, Map<string, string>>();
  readonly #seen = new Map<string, number>();
  urls = 0;

  /** @throws Error when a member is missing, unknown or of another type */
  async take(text: string): Promise<void> {
    const change = members(JSON.parse(text), {
      identityPoolId: isText,
      identityId: isText,
      datasetName: isText,
      operation: isOperation,
      lastModifiedDate: isTime,
      kinesisSyncRecordsURL: (value) => value === null || isText(value),
      payloadType: (value) => value === 'Inline' || value === 'S3Url',
      syncCount: isCount,
      kinesisSyncRecords: (value) => value === undefined || Array.isArray(value),
    });
    const dataset = `${change.identityId}/${change.datasetName}`;
    // At least once is the promise: what came before is known by its count.
    if (Number(change.syncCount) <= (this.#seen.get(dataset) ?? 0)) return;
    this.#seen.set(dataset, Number(change.syncCount));
    if (change.operation === 'remove') this.copy.delete(dataset);
    else this.#apply(dataset, await this.#records(change));
  }

  async #records(change: Readonly<Record<string, unknown>>): Promise<readonly unknown[]> {
    if (change.payloadType === 'Inline') return change.kinesisSyncRecords as unknown[];
    this.urls += 1;
    const response = await fetch(String(change.kinesisSyncRecordsURL));
    if (!response.ok) throw new Error(`The URL of the records answered ${response.status}.`);
    return (await response.json()) as unknown[];
  }

  #apply(dataset: string, records: readonly unknown[]): void {
    const values = this.copy.get(dataset) ?? new Map<string, string>();
    this.copy.set(dataset, values);
    for (const one of records) {
      const record = members(one, {
        key: isText,
        value: (value) => value === null || typeof value === 'string',
        syncCount: isCount,
        lastModifiedDate: isTime,
        deviceLastModifiedDate: isTime,
        op: isOperation,
      });
      if (record.op === 'remove') values.delete(String(record.key));
      else values.set(String(record.key), String(record.value));
    }
  }
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0;
const isOperation: Check = (value) => value === 'replace' || value === 'remove';
/** Milliseconds, not seconds: of this century. */
const isTime: Check = (value) => Number.isSafeInteger(value) && Number(value) > Date.UTC(2001);

function members(value: unknown, known: Readonly<Record<string, Check>>): Readonly<Record<string, unknown>> {
  const given = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(known, name)) throw new Error(`Unknown member '${name}'.`);
  }
  for (const [name, check] of Object.entries(known)) {
    if (!check(given[name])) throw new Error(`Member '${name}' is ${JSON.stringify(given[name])}.`);
  }
  return given;
}
