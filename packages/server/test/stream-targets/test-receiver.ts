import type { Logger } from '../../src/ports/logger.ts';
import type { StreamMessage, StreamTarget } from '../../src/ports/stream-target.ts';
import { openStreamTarget, type StreamTargetSettings } from '../../src/stream-targets/index.ts';

export interface Received {
  readonly partitionKey: string;
  readonly text: string;
}

/** A real receiver that a test can break and mend. Each test has one, with nothing in it. */
export interface TestReceiver {
  readonly settings: StreamTargetSettings;
  /** What a consumer finds, in its order. */
  received(): Promise<readonly Received[]>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Takes connections and never answers. A file cannot. */
  hang?(): void;
  resume?(): void;
  /** Does what only a person can mend. */
  vanish(): Promise<void>;
}

/** What the receivers of a kind share. */
export interface ReceiverHost extends AsyncDisposable {
  open(): Promise<TestReceiver>;
}

export const silent: Logger = { error() {}, info() {}, debug() {} };

export function openTarget(settings: StreamTargetSettings, directory = '/nowhere'): Promise<StreamTarget> {
  return openStreamTarget(settings, { environment: {}, directory, logger: silent });
}

export function message(partitionKey: string, id: string, text = JSON.stringify({ id })): StreamMessage {
  return { id, partitionKey, data: new TextEncoder().encode(text) };
}
