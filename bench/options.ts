import { parseArgs } from 'node:util';
import { type Scenario, scenarios } from './scenarios.ts';

export interface BenchOptions {
  readonly scenarios: readonly Scenario[];
  /** Whether streams of changes are measured too. */
  readonly live: boolean;
  /** Whether the client is measured too. */
  readonly client: boolean;
  /** Length of one round. */
  readonly seconds: number;
  readonly rounds: number;
  /** Identities of the large store to compare with; 0 for none. */
  readonly fill: number;
  /** Also measure a store whose pool has a stream that nobody answers. */
  readonly deadReceiver: boolean;
  /** Where the server under test leaves its CPU profiles; it is slower while it writes them. */
  readonly profile: string | undefined;
}

/** A session lasts five minutes, and a scenario's requests are all rendered before its first round. */
const mostSeconds = 15;
const rounds = 5;

/** Measured in ways of their own (`live.ts`, `client/client.ts`). */
const live = 'live';
const client = 'client';

const usage = `npm run bench -- [--scenario NAME] [--seconds S] [--fill N] [--dead-receiver] [--cpu-prof DIR]
  --scenario  one of: ${scenarios.map(({ name }) => name).join(', ')}, ${live}, ${client}; may be repeated
  --seconds   length of a round, at most ${mostSeconds}; a scenario takes ${rounds} rounds of each server
  --fill      also measure a store that holds N identities of 10 records each
  --dead-receiver  also measure a server whose stream target is down
  --cpu-prof  write CPU profiles of the server; node bench/profile-summary.ts DIR sums them up`;

/** @throws Error saying what is wrong and what there is */
export function readOptions(args: readonly string[]): BenchOptions {
  try {
    return parse(args);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${usage}`);
  }
}

function parse(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string', multiple: true },
      seconds: { type: 'string', default: '1.2' },
      fill: { type: 'string', default: '0' },
      'dead-receiver': { type: 'boolean', default: false },
      'cpu-prof': { type: 'string' },
    },
  });
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= mostSeconds)) throw new Error(`--seconds is a number up to ${mostSeconds}`);
  const fill = Number(values.fill);
  if (!Number.isSafeInteger(fill) || fill < 0) throw new Error('--fill is a whole number');
  const names = values.scenario;
  return {
    scenarios: chosen(names?.filter((name) => name !== live && name !== client)),
    live: names?.includes(live) ?? true,
    client: names?.includes(client) ?? true,
    seconds,
    rounds,
    fill,
    deadReceiver: values['dead-receiver'],
    profile: values['cpu-prof'],
  };
}

function chosen(names: readonly string[] | undefined): readonly Scenario[] {
  if (names === undefined) return scenarios;
  return names.map((name) => {
    const scenario = scenarios.find((candidate) => candidate.name === name);
    if (!scenario) throw new Error(`There is no scenario '${name}'`);
    return scenario;
  });
}
