/** Who a device acts for, and where. Plain data, so that it can be given to a page. */
export interface User {
  readonly endpoint: string;
  readonly region: string;
  readonly identityPoolId: string;
  readonly identityId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What both libraries can do. */
export interface Device {
  /** Resolves when the library says that the value is kept. */
  put(key: string, value: string): Promise<void>;
  synchronize(): Promise<void>;
  get(key: string): Promise<string | undefined>;
  /** How many records it has. */
  count(): Promise<number>;
  /** Requests to the service so far. */
  requests(): number;
  close(): Promise<void>;
}

/** A device that has nothing yet. */
export type OpenDevice = (user: User, dataset: string) => Promise<Device>;
