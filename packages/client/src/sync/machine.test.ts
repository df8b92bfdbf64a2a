import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeptRecord } from '../local-store.ts';
import type { RemotePage } from '../sync-api.ts';
import { SyncError, type SyncErrorCode } from '../sync-error.ts';
import {
  type ActiveState,
  advance,
  begin,
  type Outcome,
  type Outcomes,
  type Run,
  type RunLimits,
  type State,
  type WorkingState,
} from './machine.ts';

const limits: RunLimits = {
  push: true,
  mostPasses: 10,
  delay: (failures) => (failures < 6 ? failures * 100 : undefined),
};

const session = { token: 'token', openedAt: 1 };

const page: RemotePage = {
  records: [],
  syncCount: 5,
  exists: true,
  wasDeleted: false,
  mergedNames: [],
  session,
};
const more: RemotePage = { ...page, nextToken: 'next' };
const merging: RemotePage = { ...page, mergedNames: ['a.guest', 'a.other'] };
const sent: KeptRecord = { key: 'k', value: 'v', base: null, syncCount: 0, changedAt: 1 };
const push = { sent: [sent], answered: [], more: false };
const merged = { name: 'a.guest', folds: 'here', copies: [] } as const;

/** One of each. */
const states: { readonly [At in ActiveState['at']]: Extract<State, { at: At }> } = {
  deleting: { at: 'deleting' },
  checking: { at: 'checking', resume: { at: 'listing', pages: [] } },
  listing: { at: 'listing', pages: [] },
  claiming: { at: 'claiming', pages: [merging], names: ['a.guest', 'a.other'], merged: [] },
  applying: { at: 'applying', pages: [page], merged: [] },
  pushing: { at: 'pushing', session },
  acknowledging: { at: 'acknowledging', push },
  dropping: { at: 'dropping' },
  rewinding: { at: 'rewinding', to: 'dirty' },
  waiting: { at: 'waiting', ms: 1, resume: { at: 'dropping' } },
  renewing: { at: 'renewing', resume: { at: 'pushing', session } },
};

const stateNames = Object.keys(states) as ActiveState['at'][];
const workingStates = stateNames.filter((at) => at !== 'waiting' && at !== 'renewing');

const at = (state: State, parts: Partial<Run> = {}): Run => ({
  ...begin(limits, { deleted: false, full: false, inDoubt: false }),
  ...parts,
  state,
});

const afterOutcome = (run: Run, outcome: Outcome<ActiveState['at']>) =>
  advance(run, run.state.at as ActiveState['at'], outcome);

const checkedBefore = (resume: WorkingState): WorkingState => ({
  at: 'checking',
  resume,
});

const fail = (run: Run, code: SyncErrorCode, { message = 'It failed.', retryable = false } = {}) =>
  afterOutcome(run, { kind: 'error', error: new SyncError(code, message, { retryable }) });

interface Sample<At extends ActiveState['at']> {
  /** As SPEC.md says it. */
  readonly said: string;
  readonly run?: Run;
  readonly outcome: Outcomes[At];
}

type Samples = {
  readonly [At in ActiveState['at']]: {
    readonly [Kind in Outcomes[At]['kind']]: readonly Sample<At>[];
  };
};

/** By state and outcome; one that the type has and this has not does not compile. */
const samples: Samples = {
  deleting: { deleted: [{ said: '`deleted`', outcome: { kind: 'deleted' } }] },
  checking: { checked: [{ said: '`checked`', outcome: { kind: 'checked' } }] },
  listing: {
    read: [
      { said: '`read`, more pages', outcome: { kind: 'read', page: more } },
      { said: '`read`, last page, merged datasets offered', outcome: { kind: 'read', page: merging } },
      { said: '`read`, last page', outcome: { kind: 'read', page } },
    ],
  },
  claiming: {
    claimed: [
      { said: '`claimed`, more names', outcome: { kind: 'claimed', merged } },
      {
        said: '`claimed`',
        run: at({ ...states.claiming, names: ['a.guest'] }),
        outcome: { kind: 'claimed', merged },
      },
    ],
  },
  applying: {
    applied: [
      {
        said: '`applied`, pull only',
        run: at(states.applying, { limits: { ...limits, push: false } }),
        outcome: { kind: 'applied' },
      },
      { said: '`applied`', outcome: { kind: 'applied' } },
    ],
    deletedElsewhere: [{ said: '`deletedElsewhere`', outcome: { kind: 'deletedElsewhere' } }],
    deletedHere: [{ said: '`deletedHere`', outcome: { kind: 'deletedHere' } }],
  },
  pushing: {
    nothing: [{ said: '`nothing`', outcome: { kind: 'nothing' } }],
    sent: [{ said: '`sent`', outcome: { kind: 'sent', push } }],
    deletedHere: [{ said: '`deletedHere`', outcome: { kind: 'deletedHere' } }],
  },
  acknowledging: {
    upToDate: [
      {
        said: '`upToDate`, more to send',
        run: at({ at: 'acknowledging', push: { ...push, more: true } }),
        outcome: { kind: 'upToDate' },
      },
      { said: '`upToDate`', outcome: { kind: 'upToDate' } },
    ],
    behind: [{ said: '`behind`', outcome: { kind: 'behind' } }],
    deletedHere: [{ said: '`deletedHere`', outcome: { kind: 'deletedHere' } }],
  },
  dropping: { dropped: [{ said: '`dropped`', outcome: { kind: 'dropped' } }] },
  rewinding: { rewound: [{ said: '`rewound`', outcome: { kind: 'rewound' } }] },
  waiting: { waited: [{ said: '`waited`', outcome: { kind: 'waited' } }] },
  renewing: { renewed: [{ said: '`renewed`', outcome: { kind: 'renewed' } }] },
};

describe('the table of SPEC.md', () => {
  const [transitions = [], errors = []] = tablesAfter('## The machine');

  test('has every state, outcome and next state of the machine, and no other', () => {
    let state = '';
    const said = transitions.map(([named = '', , outcome = '', next = '']) => {
      state = named || state;
      return [state, outcome, next];
    });
    expect(said).toEqual(
      stateNames.flatMap((name) =>
        Object.values(samples[name])
          .flat()
          .map((sample: Sample<ActiveState['at']>) => {
            const run = sample.run ?? at(states[name]);
            return [`\`${name}\``, sample.said, nextIn(run, afterOutcome(run, sample.outcome))];
          }),
      ),
    );
  });

  test('has these errors', () => {
    expect(errors).toEqual([
      ['`AUTH`, the first time', '`renewing`, then the same state'],
      [
        '`CONFLICT` in `pushing`',
        '`waiting`, `checking` (the network may have sent it twice), `rewinding` (to `dirty`), one pass more',
      ],
      [
        'session or page token no longer known',
        '`waiting`, after `pushing` `checking`, `rewinding` (to `dirty`), one pass more',
      ],
      [
        '`No such SyncCount` in `listing`, the first time: the service was restored from a backup',
        '`waiting`, `rewinding` (to `start`), one pass more',
      ],
      [
        'any other that may pass (network, timeout, throttling, 5xx)',
        '`waiting`, then the same state; after `pushing`: `checking`, then `listing`, as the update may have been stored',
      ],
      ['others; too many passes (10); too many failures (6)', '`failed`'],
    ]);
  });
});

describe.each(workingStates)('an error in %s', (name) => {
  const state = states[name];

  test('AUTH: renewing, then the same state; the second time it fails', () => {
    const renewing = fail(at(state), 'AUTH');
    expect(renewing.state).toEqual({ at: 'renewing', resume: state });
    const again = afterOutcome(renewing, { kind: 'renewed' });
    expect(again.state).toEqual(state);
    expect(fail(again, 'AUTH').state).toMatchObject({ at: 'failed', error: { code: 'AUTH' } });
  });

  test('CONFLICT: rewinding to dirty when it is about what was pushed', () => {
    const run = fail(at(state), 'CONFLICT', { retryable: true });
    const resume = name === 'pushing' ? checkedBefore({ at: 'rewinding', to: 'dirty' }) : state;
    expect(run.state).toEqual({ at: 'waiting', ms: 100, resume });
    expect(run.passes).toBe(name === 'pushing' ? 2 : 1);
  });

  test.each(['Invalid SyncSessionToken', 'Invalid nextToken'])('%s: rewinding to dirty', (message) => {
    const run = fail(at(state), 'INVALID', { message });
    const rewinding = { at: 'rewinding', to: 'dirty' } as const;
    const resume = name === 'pushing' ? checkedBefore(rewinding) : rewinding;
    expect(run.state).toEqual({ at: 'waiting', ms: 100, resume });
    expect(run.passes).toBe(2);
    const last = fail(at(state, { passes: 10 }), 'INVALID', { message });
    expect(last.state).toMatchObject({ at: 'failed', error: { message } });
  });

  test('No such SyncCount: from the start, once, and only for a listing', () => {
    const message = 'No such SyncCount: 7 currently';
    const run = fail(at(state), 'INVALID', { message });
    if (name !== 'listing') expect(run.state).toMatchObject({ at: 'failed', error: { message } });
    else {
      expect(run.state).toEqual({ at: 'waiting', ms: 100, resume: { at: 'rewinding', to: 'start' } });
      expect(fail({ ...run, state }, 'INVALID', { message }).state).toMatchObject({ at: 'failed' });
    }
  });

  test('one that may pass: the same state after a wait that the policy says, or the end', () => {
    for (const code of ['NETWORK', 'TIMEOUT', 'THROTTLED', 'SERVICE'] as const) {
      let run = at(state);
      for (let failures = 1; failures < 6; failures++) {
        run = fail({ ...run, state }, code, { retryable: true });
        const resume = name === 'pushing' ? checkedBefore(states.listing) : state;
        expect(run.state).toEqual({ at: 'waiting', ms: failures * 100, resume });
      }
      expect(fail({ ...run, state }, code, { retryable: true }).state).toMatchObject({
        at: 'failed',
        error: { code },
      });
    }
  });

  test('any other: the end', () => {
    for (const code of [
      'INVALID',
      'QUOTA',
      'STORE',
      'NOT_FOUND',
      'REFUSED_BY_FUNCTION',
      'ABORTED',
    ] as const) {
      expect(fail(at(state), code).state).toMatchObject({ at: 'failed', error: { code } });
    }
  });
});

test.each(['waiting', 'renewing'] as const)('an error in %s ends the run', (name) => {
  for (const code of ['AUTH', 'NETWORK', 'INVALID'] as const) {
    expect(fail(at(states[name]), code, { retryable: true }).state).toMatchObject({
      at: 'failed',
      error: { code },
    });
  }
});

test('a run begins with what it has to do', () => {
  expect(begin(limits, { deleted: false, full: false, inDoubt: false }).state).toEqual({
    at: 'listing',
    pages: [],
  });
  expect(begin(limits, { deleted: false, full: false, inDoubt: true, session }).state).toEqual(
    states.checking,
  );
  expect(begin(limits, { deleted: false, full: true, inDoubt: false, session }).state).toEqual({
    at: 'rewinding',
    to: 'start',
  });
  expect(begin(limits, { deleted: true, full: true, inDoubt: true, session }).state).toEqual({
    at: 'deleting',
  });
  expect(begin(limits, { deleted: false, full: false, inDoubt: false, session }).state).toEqual({
    at: 'pushing',
    session,
  });
});

test('merged datasets are claimed one after the other, and reach the listing with all pages', () => {
  let run = afterOutcome(at(states.listing), { kind: 'read', page: { ...merging, nextToken: 'next' } });
  run = afterOutcome(run, { kind: 'read', page: merging });
  expect(run.state).toMatchObject({ at: 'claiming', names: ['a.guest', 'a.other'] });
  run = afterOutcome(run, { kind: 'claimed', merged });
  run = afterOutcome(run, { kind: 'claimed', merged: { ...merged, name: 'a.other', folds: 'elsewhere' } });
  expect(run.state).toMatchObject({
    at: 'applying',
    pages: [{ nextToken: 'next' }, {}],
    merged: [{ name: 'a.guest' }, { name: 'a.other' }],
  });
});

test('failures count until something was sent: listings that work do not excuse updates that never do', () => {
  let run = fail(at(states.pushing), 'NETWORK', { retryable: true });
  run = afterOutcome(run, { kind: 'waited' });
  run = afterOutcome(run, { kind: 'checked' });
  run = afterOutcome(run, { kind: 'read', page });
  run = afterOutcome(run, { kind: 'applied' });
  expect(run).toMatchObject({ state: { at: 'pushing' }, failures: 1 });
  expect(afterOutcome(run, { kind: 'sent', push }).failures).toBe(0);
});

test('an outcome of another state is a fault of the program', () => {
  expect(() => afterOutcome(at(states.listing), { kind: 'dropped' })).toThrow('SPEC.md');
});

/*
 * Whatever the service does, a run ends. What it may do without end is counted: further pages, further updates, names of
 * merged datasets. Of each the service has a few, and then no more.
 */
describe('every run ends', () => {
  const codes: readonly SyncErrorCode[] = [
    'AUTH',
    'CONFLICT',
    'INVALID',
    'NETWORK',
    'SERVICE',
    'THROTTLED',
    'TIMEOUT',
  ];
  const error = fc.record({
    code: fc.constantFrom(...codes),
    message: fc.constantFrom(
      'It failed.',
      'Invalid SyncSessionToken',
      'Invalid nextToken',
      'No such SyncCount: 7',
    ),
    retryable: fc.boolean(),
  });
  // Over and over: a service that is wrong is wrong the same way again.
  const moves = fc.array(fc.record({ choice: fc.nat({ max: 4 }), error }), { minLength: 1, maxLength: 6 });
  const mostMore = 5;
  // 10 passes and 5 further updates, each with at most 6 failures and a way of 8 states; and what there is more of.
  const mostSteps = 460;

  test.each(stateNames)('from %s', (name) => {
    fc.assert(
      fc.property(moves, fc.boolean(), (choices, pushes) => {
        let run = at(states[name], { limits: { ...limits, push: pushes } });
        let left = mostMore;
        let steps = 0;
        while (steps < mostSteps) {
          const { choice, error } = choices[steps % choices.length] as (typeof choices)[number];
          const { state } = run;
          if (state.at === 'settled' || state.at === 'failed') return;
          steps += 1;
          const outcomes = possible(state, left > 0);
          const outcome = outcomes[choice];
          if (outcome && goesOn(outcome)) left -= 1;
          const failure = { kind: 'error', error: new SyncError(error.code, error.message, error) } as const;
          run = advance(run, state.at, outcome ?? failure);
        }
        expect({ state: run.state.at, steps }).toEqual({ state: 'settled or failed', steps: 'fewer' });
      }),
      { numRuns: 1000 },
    );
  });

  /** What the effect of the state may come to. */
  function possible(state: ActiveState, hasMore: boolean): readonly Outcome<ActiveState['at']>[] {
    const kinds = samples[state.at] as Readonly<Record<string, readonly Sample<ActiveState['at']>[]>>;
    const outcomes = Object.values(kinds).flatMap((ofKind) => ofKind.map(({ outcome }) => outcome));
    const sending = { kind: 'sent', push: { ...push, more: true } } as const;
    const all = state.at === 'pushing' ? [...outcomes, sending] : outcomes;
    return hasMore ? all : all.filter((outcome) => !goesOn(outcome));
  }

  /** Whether the service uses something up of which it has only so much. */
  function goesOn(outcome: Outcome<ActiveState['at']>): boolean {
    if (outcome.kind === 'read')
      return outcome.page.nextToken !== undefined || outcome.page.mergedNames.length > 0;
    return outcome.kind === 'sent' && outcome.push.more;
  }
});

/** The next state, as SPEC.md says it. */
function nextIn(before: Run, after: Run): string {
  const { state } = before;
  if (state.at === 'waiting' || state.at === 'renewing' || state.at === 'checking') {
    expect(after.state).toEqual(state.resume satisfies WorkingState);
    return state.at === 'renewing' ? 'where it was' : 'where it was going';
  }
  return `\`${after.state.at}\`${after.passes > before.passes ? ', one pass more' : ''}`;
}

/** The cells of the tables below a heading, without their heads. */
function tablesAfter(heading: string): string[][][] {
  const text = readFileSync(new URL('../../SPEC.md', import.meta.url), 'utf8');
  const section = text.slice(text.indexOf(heading)).split('\n## ')[0] ?? '';
  return section
    .split(/\n\n+/)
    .filter((block) => block.startsWith('|'))
    .map((block) =>
      block
        .trim()
        .split('\n')
        .slice(2)
        .map((row) =>
          row
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim()),
        ),
    );
}
