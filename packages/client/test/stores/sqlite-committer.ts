// A process of its own that commits: `count <file> <times>` raises a counter so many times, against others that do the
// same; `forever <file>` moves two datasets on together until it is killed, and says each revision once it is committed.
import { sqliteStore } from '../../src/stores/node-sqlite.ts';
import { change, head, record } from '../../src/testing/local-store-samples.ts';

const [, , task, file = '', times = '0'] = process.argv;
const store = sqliteStore(file);

async function raise(): Promise<void> {
  for (let isDone = false; !isDone; ) {
    const kept = await store.load('o', 'counter');
    const next = (kept?.head.revision ?? 0) + 1;
    isDone = await store.commit([change('o', head('counter', next), { put: [record('n', `${next}`)] })]);
  }
}

async function moveOn(): Promise<void> {
  const kept = await store.load('o', 'a');
  const next = (kept?.head.revision ?? 0) + 1;
  const put = ['k', 'l', 'm'].map((key) => record(key, `${next} `.repeat(2_000)));
  await store.commit(['a', 'b'].map((name) => change('o', head(name, next), { put })));
  process.stdout.write(`${next}\n`);
}

if (task === 'count') {
  for (let time = 0; time < Number(times); time += 1) await raise();
  await store.close();
} else {
  for (;;) await moveOn();
}
