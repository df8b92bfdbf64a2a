import type { Logger } from '../ports/logger.ts';

export interface StreamTargetOptions {
  /** Where secrets are that settings only name. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Which relative paths begin in. */
  readonly directory: string;
  readonly logger: Logger;
  /** Epoch milliseconds; the real time when absent. */
  readonly now?: () => number;
}

/** Most milliseconds for one exchange with a receiver, where its settings say nothing. */
export const usualTimeoutMs = 10_000;
