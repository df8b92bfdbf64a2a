import type { OpenDevice, User } from './device.ts';

/** One contender at one task, once. */
export interface Run {
  readonly writingMs: number;
  readonly syncMs: number;
  readonly requests: number;
}

export type Task =
  | { readonly kind: 'first-sync'; readonly user: User; readonly dataset: string; readonly records: number }
  | {
      readonly kind: 'writes';
      readonly user: User;
      readonly dataset: string;
      readonly records: number;
      /** Whether each write waits until the one before is kept. */
      readonly isAwaited: boolean;
    };

/** Does the task with a new device, in this process or page, and checks that it is done. */
export async function runTask(task: Task, open: OpenDevice): Promise<Run> {
  const device = await open(task.user, task.dataset);
  try {
    const startedAt = performance.now();
    if (task.kind === 'writes') {
      const writes: Promise<void>[] = [];
      for (let index = 0; index < task.records; index++) {
        const write = device.put(
          `setting-${index}`,
          `a value of a length that settings often have: ${index}`,
        );
        if (task.isAwaited) await write;
        writes.push(write);
      }
      await Promise.all(writes);
    }
    const writtenAt = performance.now();
    await device.synchronize();
    const syncMs = performance.now() - writtenAt;
    const count = await device.count();
    if (count !== task.records) throw new Error(`There are ${count} records, not ${task.records}.`);
    return { writingMs: writtenAt - startedAt, syncMs, requests: device.requests() };
  } finally {
    await device.close();
  }
}
