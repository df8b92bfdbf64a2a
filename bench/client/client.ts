import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startHoldall } from '../child-server.ts';
import { fillStore } from '../fill-store.ts';
import { datasetName, type Population } from '../population.ts';
import type { OpenDevice, User } from './device.ts';
import { type Chromium, openChromium } from './in-chromium.ts';
import { devicesInNode } from './in-node.ts';
import { changesAskedFor, changesHeard } from './remote-change.ts';
import { type Comparison, printLatencies, printRuns } from './report.ts';
import { type Run, runTask, type Task } from './tasks.ts';
import { usersOf } from './users.ts';

const records = 1000;
const remoteChanges = 50;
const pings = 100;
const population: Population = { ordinary: 256, large: 1 };

/** Who there is: nobody does two tasks that write. */
interface Users {
  readonly large: User;
  next(): User;
}

/** One library with one store, and the same task for the other one. */
interface Pair {
  readonly where: string;
  readonly ours: string;
  readonly theirs: string;
  readonly rounds: number;
  readonly runOurs: (task: Task) => Promise<Run>;
  readonly runTheirs: (task: Task) => Promise<Run>;
}

/** Tasks of devices, with `@holdall/client` beside amazon-cognito-js, on one server process. */
export async function benchClient(directory: string, note: (text: string) => void): Promise<void> {
  const data = join(directory, 'data');
  const files = join(directory, 'devices');
  mkdirSync(files);
  await fillStore(data, population);
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startHoldall(data, undefined));
  const chromium = stack.use(await openChromium(join(directory, 'profile')));
  const inNode = devicesInNode(files);
  const users = await findUsers(server.port);

  const comparisons: Comparison[] = [];
  for (const pair of pairsOf(inNode, chromium)) {
    for (const [name, next] of tasksOf(users)) {
      note(`client: ${name}, ${pair.where}, ${pair.ours} …`);
      comparisons.push({ ...pair, task: name, ...(await alternate(pair, next)) });
    }
  }
  printRuns(comparisons);

  note('client: changes on another device …');
  const heard = await changesHeard(users.next(), files, remoteChanges);
  const asked = await changesAskedFor(users.next(), inNode.legacy, remoteChanges);
  note('client: changes in another tab …');
  const ourPings = await chromium.pingTabs('holdall', users.next(), pings);
  const theirPings = await chromium.pingTabs('legacy', users.next(), pings);
  // There and back again.
  const oneWay = (latencies: readonly number[]) => latencies.map((ms) => ms / 2);
  printLatencies({ heard, asked, ourTabs: oneWay(ourPings), theirTabs: oneWay(theirPings) });
}

async function findUsers(port: number): Promise<Users> {
  const [large] = await usersOf(port, population, 'large');
  if (!large) throw new Error('There is no large identity.');
  const ordinary = [...(await usersOf(port, population, 'ordinary'))];
  return {
    large,
    next() {
      const user = ordinary.pop();
      if (!user) throw new Error('There are too few identities.');
      return user;
    },
  };
}

function pairsOf(
  { sqlite, memory, legacy }: Readonly<Record<'sqlite' | 'memory' | 'legacy', OpenDevice>>,
  chromium: Chromium,
): readonly Pair[] {
  const inNode = (open: OpenDevice) => (task: Task) => runTask(task, open);
  const theirs = { where: 'Node', theirs: 'memory', rounds: 7, runTheirs: inNode(legacy) };
  return [
    { ...theirs, ours: 'SQLite', runOurs: inNode(sqlite) },
    { ...theirs, ours: 'memory', runOurs: inNode(memory) },
    {
      where: 'Chromium',
      ours: 'IndexedDB',
      theirs: 'localStorage',
      // A round of localStorage alone takes half a minute.
      rounds: 3,
      runOurs: (task) => chromium.run('holdall', task),
      runTheirs: (task) => chromium.run('legacy', task),
    },
  ];
}

function tasksOf(users: Users): readonly (readonly [string, () => Task])[] {
  const writes = (isAwaited: boolean) => (): Task => {
    return { kind: 'writes', user: users.next(), dataset: 'written', records, isAwaited };
  };
  return [
    ['first sync', () => ({ kind: 'first-sync', user: users.large, dataset: datasetName, records })],
    ['writes at once, sync', writes(false)],
    ['writes one by one, sync', writes(true)],
  ];
}

/** After a round that does not count, rounds of both in turn. */
async function alternate(
  { rounds, runOurs, runTheirs }: Pair,
  next: () => Task,
): Promise<{ readonly ourRuns: readonly Run[]; readonly theirRuns: readonly Run[] }> {
  const ourRuns: Run[] = [];
  const theirRuns: Run[] = [];
  for (let round = 0; round <= rounds; round++) {
    ourRuns.push(await runOurs(next()));
    theirRuns.push(await runTheirs(next()));
  }
  return { ourRuns: ourRuns.slice(1), theirRuns: theirRuns.slice(1) };
}
