import type { KeptRecord } from '../local-store.ts';
import type { RemoteRecord } from '../record-rules.ts';
import type { RemotePage, SyncSession } from '../sync-api.ts';
import { SyncError } from '../sync-error.ts';
import type { MergedDataset } from './apply-listing.ts';

/*
 * One synchronisation of one dataset, as a table. Each state has one effect (`effects.ts`) whose outcome leads to the
 * next state; nothing else does. SPEC.md has the same table for people, and the invariants that it keeps.
 */

export type State =
  /** Tells the service that the dataset was deleted here. */
  | { readonly at: 'deleting' }
  /** Finds out whether an update whose answer got lost was stored. */
  | { readonly at: 'checking'; readonly resume: WorkingState }
  /** Reads one page of what changed since the bookmark. */
  | { readonly at: 'listing'; readonly pages: readonly RemotePage[] }
  /** Reads one merged dataset, and claims it: of several devices one folds it in. */
  | {
      readonly at: 'claiming';
      readonly pages: readonly RemotePage[];
      readonly names: readonly string[];
      readonly merged: readonly MergedDataset[];
    }
  /** Writes what was read, merged datasets too, and the new bookmark, in one transaction. */
  | {
      readonly at: 'applying';
      readonly pages: readonly RemotePage[];
      readonly merged: readonly MergedDataset[];
    }
  /** Sends what is dirty. */
  | { readonly at: 'pushing'; readonly session: SyncSession }
  /** Writes what the service answered, in one transaction. */
  | { readonly at: 'acknowledging'; readonly push: Push }
  /** Deletes merged datasets whose records are all in this one, at the service too. */
  | { readonly at: 'dropping' }
  /** Goes back to the count of the oldest dirty record, or to 0, to read again what was missed. */
  | { readonly at: 'rewinding'; readonly to: 'dirty' | 'start' }
  /** Waits a while, after a failure. */
  | { readonly at: 'waiting'; readonly ms: number; readonly resume: WorkingState }
  /** Gets new credentials. */
  | { readonly at: 'renewing'; readonly resume: WorkingState }
  | { readonly at: 'settled' }
  | { readonly at: 'failed'; readonly error: SyncError };

export type WorkingState = Exclude<State, { at: 'settled' | 'failed' | 'waiting' | 'renewing' }>;
export type ActiveState = Exclude<State, { at: 'settled' | 'failed' }>;

/** What was sent, and what came back. */
export interface Push {
  readonly sent: readonly KeptRecord[];
  readonly answered: readonly RemoteRecord[];
  /** There was more than one update may carry. */
  readonly more: boolean;
}

/** The dataset was deleted on this device while the run went on: what it knows is of no use any more. */
interface DeletedHere {
  readonly kind: 'deletedHere';
}

/** What each effect may come to, besides an error. */
export interface Outcomes {
  deleting: { readonly kind: 'deleted' };
  checking: { readonly kind: 'checked' };
  listing: { readonly kind: 'read'; readonly page: RemotePage };
  claiming: { readonly kind: 'claimed'; readonly merged: MergedDataset };
  applying:
    | { readonly kind: 'applied' }
    /** The dataset was deleted elsewhere, and the bookmark is 0 again. */
    | { readonly kind: 'deletedElsewhere' }
    | DeletedHere;
  pushing: { readonly kind: 'nothing' } | { readonly kind: 'sent'; readonly push: Push } | DeletedHere;
  acknowledging: /** The bookmark went on by one: nobody wrote in between. */
    | { readonly kind: 'upToDate' }
    /** Somebody did, or the service answered for other keys too. */
    | { readonly kind: 'behind' }
    | DeletedHere;
  dropping: { readonly kind: 'dropped' };
  rewinding: { readonly kind: 'rewound' };
  waiting: { readonly kind: 'waited' };
  renewing: { readonly kind: 'renewed' };
}

export type Outcome<At extends ActiveState['at']> = Outcomes[At] | Failure;
export interface Failure {
  readonly kind: 'error';
  readonly error: SyncError;
}

/** A state, and what the machine remembers on its way. */
export interface Run {
  readonly state: State;
  readonly limits: RunLimits;
  /** How often the run began anew because of other devices. */
  readonly passes: number;
  /** Failures since something was last sent: a listing that works does not excuse updates that never do. */
  readonly failures: number;
  readonly hasRenewed: boolean;
  readonly hasRestarted: boolean;
}

export interface RunLimits {
  readonly push: boolean;
  /** After so many passes the run fails with `CONFLICT`. */
  readonly mostPasses: number;
  /** Milliseconds to wait after the n-th failure in a row, from 1; undefined to give up. */
  readonly delay: (failures: number, error: SyncError) => number | undefined;
}

type Table = {
  readonly [At in ActiveState['at']]: {
    readonly [Kind in Outcomes[At]['kind']]: (
      run: Run,
      state: Extract<State, { at: At }>,
      outcome: Extract<Outcomes[At], { kind: Kind }>,
    ) => Run;
  };
};

const listing: WorkingState = { at: 'listing', pages: [] };

const table: Table = {
  deleting: {
    deleted: (run) => go(run, listing),
  },
  checking: {
    checked: (run, { resume }) => go(run, resume),
  },
  listing: {
    read: (run, state, { page }) => {
      const pages = [...state.pages, page];
      return go(
        run,
        page.nextToken === undefined ? claim(pages, page.mergedNames, []) : { at: 'listing', pages },
      );
    },
  },
  claiming: {
    claimed: (run, { pages, names: [, ...names], merged }, outcome) =>
      go(run, claim(pages, names, [...merged, outcome.merged])),
  },
  applying: {
    applied: (run, { pages }) => {
      const session = pages.at(-1)?.session;
      return go(run, run.limits.push && session ? { at: 'pushing', session } : { at: 'settled' });
    },
    deletedElsewhere: (run) => again(run, listing),
    deletedHere: (run) => again(run, { at: 'deleting' }),
  },
  pushing: {
    nothing: (run) => go(run, { at: 'dropping' }),
    deletedHere: (run) => again(run, { at: 'deleting' }),
    sent: (run, _, { push }) => ({ ...go(run, { at: 'acknowledging', push }), failures: 0 }),
  },
  acknowledging: {
    upToDate: (run, { push }) => go(run, push.more ? listing : { at: 'dropping' }),
    behind: (run) => again(run, listing),
    deletedHere: (run) => again(run, { at: 'deleting' }),
  },
  dropping: {
    dropped: (run) => go(run, { at: 'settled' }),
  },
  rewinding: {
    rewound: (run) => go(run, listing),
  },
  waiting: {
    waited: (run, { resume }) => ({ ...run, state: resume }),
  },
  renewing: {
    renewed: (run, { resume }) => ({ ...run, state: resume }),
  },
};

export interface Beginning {
  /** The dataset was deleted here. */
  readonly deleted: boolean;
  /** An update was sent and not answered. */
  readonly inDoubt: boolean;
  /** Everything is to be read again. */
  readonly full: boolean;
  readonly session?: SyncSession;
}

/** A run that begins. With a session that is still good it need not list before it sends. */
export function begin(limits: RunLimits, from: Beginning): Run {
  return { state: firstState(from), limits, passes: 1, failures: 0, hasRenewed: false, hasRestarted: false };
}

function firstState({ deleted, inDoubt, full, session }: Beginning): WorkingState {
  if (deleted) return { at: 'deleting' };
  const next: WorkingState = full ? { at: 'rewinding', to: 'start' } : listing;
  if (inDoubt) return { at: 'checking', resume: next };
  return session && !full ? { at: 'pushing', session } : next;
}

/** The run after the effect of its state came to `outcome`. */
export function advance<At extends ActiveState['at']>(run: Run, at: At, outcome: Outcome<At>): Run {
  if (outcome.kind === 'error') return afterError(run, outcome.error);
  const transitions = table[at] as Record<string, (run: Run, state: State, outcome: unknown) => Run>;
  const transition = transitions[outcome.kind];
  if (!transition) throw new Error(`SPEC.md has no transition for '${outcome.kind}' in '${at}'.`);
  return transition(run, run.state, outcome);
}

function claim(
  pages: readonly RemotePage[],
  names: readonly string[],
  merged: readonly MergedDataset[],
): WorkingState {
  return names.length > 0 ? { at: 'claiming', pages, names, merged } : { at: 'applying', pages, merged };
}

function go(run: Run, state: State): Run {
  return { ...run, state };
}

/** Begins anew, because other devices wrote in between. */
function again(run: Run, state: State): Run {
  if (run.passes < run.limits.mostPasses) return { ...go(run, state), passes: run.passes + 1 };
  const message = `Other devices changed the dataset in each of ${run.passes} passes.`;
  return { ...run, state: { at: 'failed', error: new SyncError('CONFLICT', message, { retryable: true }) } };
}

function afterError(run: Run, error: SyncError): Run {
  const { state, limits } = run;
  const failed: Run = { ...run, state: { at: 'failed', error } };
  if (state.at === 'settled' || state.at === 'failed' || state.at === 'waiting' || state.at === 'renewing')
    return failed;
  if (error.code === 'AUTH' && !run.hasRenewed) {
    return { ...run, state: { at: 'renewing', resume: state }, hasRenewed: true };
  }
  const restart = restartAfter(state, error);
  if (restart === 'start' && run.hasRestarted) return failed;
  if (!restart && !error.retryable) return failed;
  if (restart && run.passes >= limits.mostPasses) return failed;
  const failures = run.failures + 1;
  const ms = limits.delay(failures, error);
  if (ms === undefined) return failed;
  const resume = resumed(state, restart);
  return {
    ...run,
    state: { at: 'waiting', ms, resume },
    failures,
    passes: run.passes + (restart ? 1 : 0),
    hasRestarted: run.hasRestarted || restart === 'start',
  };
}

/**
 * Where to go on after a failure that may pass. An update may have been stored although its answer got lost, or says
 * that it came too late: the network may have sent it twice.
 */
function resumed(state: WorkingState, restart: 'dirty' | 'start' | undefined): WorkingState {
  const next: WorkingState = restart ? { at: 'rewinding', to: restart } : listing;
  if (state.at === 'pushing') return { at: 'checking', resume: next };
  return restart ? next : state;
}

/**
 * Errors after which only a new listing helps: a stale count (the oldest one that we would send may be the stale one,
 * whatever the bookmark says), a session token or page that the service no longer knows, and a bookmark that it never
 * gave out, as after it was restored from a backup.
 */
function restartAfter(state: WorkingState, error: SyncError): 'dirty' | 'start' | undefined {
  if (state.at === 'pushing' && error.code === 'CONFLICT') return 'dirty';
  if (error.code !== 'INVALID') return undefined;
  if (/SyncSessionToken|NextToken/i.test(error.message)) return 'dirty';
  return state.at === 'listing' && /No such SyncCount/.test(error.message) ? 'start' : undefined;
}
