import type { LoadPlan, LoadResult, LoadTarget, Round } from './load.ts';
import { LoadConnection } from './load-connection.ts';
import { quantile } from './statistics.ts';

// A process of its own, so that neither preparing requests nor summing up takes anything from the clients' speed.

/** Enough for the servers' busiest code to be compiled at its best, on a slow machine too. */
const warmUpSeconds = 2;

process.on('message', async (plan: LoadPlan) => {
  process.send?.(await run(plan));
});

async function run(plan: LoadPlan): Promise<LoadResult> {
  const measured = plan.targets.map((target) => ({ target, rounds: [] as Round[], answers: 0 }));
  for (const one of measured) {
    one.answers += (await measure(one.target, plan.connections, warmUpSeconds)).answers;
  }
  for (let time = 0; time < plan.rounds; time++) {
    for (const one of measured) {
      const round = await measure(one.target, plan.connections, plan.seconds);
      one.rounds.push(round);
      one.answers += round.answers;
    }
  }
  return measured.map(({ rounds, answers }) => ({ rounds, answers }));
}

async function measure(target: LoadTarget, connections: number, seconds: number): Promise<Round> {
  const opened = await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      LoadConnection.open(target.port, shareOf(target.requests, index, connections)),
    ),
  );
  const latencies: number[] = [];
  const failures = new Map<string, number>();
  const deadline = performance.now() + seconds * 1000;
  await Promise.all(
    opened.map((connection) =>
      connection.run(deadline, ({ status, body }, milliseconds) => {
        if (status === 200) latencies.push(milliseconds);
        else count(failures, `${status} ${body}`);
      }),
    ),
  );
  for (const connection of opened) connection.close();
  latencies.sort((a, b) => a - b);
  return {
    answers: latencies.length,
    rate: latencies.length / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    failures,
  };
}

/** Every `connections`th request; where there are fewer requests than connections, several send the same one. */
function shareOf(requests: readonly Uint8Array[], index: number, connections: number): readonly Buffer[] {
  const first = index % requests.length;
  const share: Buffer[] = [];
  for (let next = first; next < requests.length; next += connections) {
    const { buffer, byteOffset, byteLength } = requests[next] ?? new Uint8Array();
    share.push(Buffer.from(buffer, byteOffset, byteLength));
  }
  return share;
}

function count(failures: Map<string, number>, failure: string): void {
  failures.set(failure, (failures.get(failure) ?? 0) + 1);
}
