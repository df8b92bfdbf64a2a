import { type Device, datasetPath, type OpenSession, type UnsignedRequest } from './devices.ts';

/** What `npm run bench` is expected to show. */
export interface Target {
  readonly connections: number;
  /** Least share of the bare server's rate. */
  readonly ratio?: number;
  /** Longest median latency. */
  readonly p50Ms?: number;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Which devices of the population send it. */
  readonly devices: 'ordinary' | 'large';
  /** The same request is sent again and again, so it has to be repeatable. */
  readonly request: (device: Device, session: OpenSession) => UnsignedRequest;
  readonly targets: readonly Target[];
}

export const mostConnections = 64;
export const connectionCounts = [1, mostConnections] as const;

/** Higher than any count stored: the conflict rule lets it pass every time. */
const passesAlways = 2 ** 40;

export const scenarios: readonly Scenario[] = [
  {
    name: 'update-1',
    title: 'UpdateRecords, 1 patch',
    devices: 'ordinary',
    request: (device, session) => update(device, session, 1),
    targets: [{ connections: 64, ratio: 0.5 }],
  },
  {
    name: 'update-25',
    title: 'UpdateRecords, 25 patches',
    devices: 'ordinary',
    request: (device, session) => update(device, session, 25),
    targets: [],
  },
  {
    name: 'list-nothing-new',
    title: 'ListRecords, nothing new',
    devices: 'ordinary',
    request: (device, session) => list(device, `lastSyncCount=${session.datasetSyncCount}&maxResults=1024`),
    targets: [
      { connections: 1, ratio: 0.6 },
      { connections: 64, ratio: 0.6 },
    ],
  },
  {
    name: 'list-1000',
    title: 'ListRecords, 1,000 records of 1 kB',
    devices: 'large',
    request: (device) => list(device, 'lastSyncCount=0&maxResults=1024'),
    targets: [{ connections: 1, p50Ms: 10 }],
  },
];

export function update(device: Device, session: OpenSession, patches: number): UnsignedRequest {
  const body = {
    SyncSessionToken: session.token,
    DeviceId: 'bench-device',
    RecordPatches: Array.from({ length: patches }, (_, index) => ({
      Op: 'replace',
      Key: `setting-${index}`,
      Value: `a value of a length that settings often have: ${index}`,
      SyncCount: passesAlways,
      DeviceLastModifiedDate: Math.floor(Date.now() / 1000),
    })),
  };
  return { method: 'POST', path: datasetPath(device), query: '', body: JSON.stringify(body) };
}

function list(device: Device, query: string): UnsignedRequest {
  return { method: 'GET', path: `${datasetPath(device)}/records`, query, body: '' };
}
