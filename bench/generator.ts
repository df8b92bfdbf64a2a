import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadPlan, LoadResult } from './load.ts';

/** The near end of the load generator's process. */
export class Generator implements Disposable {
  readonly #child = fork(fileURLToPath(new URL('./load-generator.ts', import.meta.url)), {
    serialization: 'advanced',
  });

  async run(plan: LoadPlan): Promise<LoadResult> {
    const answered = once(this.#child, 'message');
    const ended = once(this.#child, 'exit').then(() => {
      throw new Error('The load generator ended.');
    });
    this.#child.send(plan);
    const [result] = await Promise.race([answered, ended]);
    return result as LoadResult;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
