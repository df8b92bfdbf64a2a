/** What the generator is asked to do: rounds on each target by turns, so that a noisy moment hits all of them. */
export interface LoadPlan {
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly targets: readonly LoadTarget[];
}

export interface LoadTarget {
  readonly port: number;
  /** Dealt out to the connections. */
  readonly requests: readonly Uint8Array[];
}

/** One round of one target. */
export interface Round {
  /** Successful answers. */
  readonly answers: number;
  /** Of them in a second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 200, as `<status> <body of one>` → how many. */
  readonly failures: ReadonlyMap<string, number>;
}

/** What became of one target. */
export interface TargetResult {
  readonly rounds: readonly Round[];
  /** Successful answers in all, those of the warm-up too. */
  readonly answers: number;
}

/** In the order of the plan. */
export type LoadResult = readonly TargetResult[];
