import { createInterface } from 'node:readline/promises';

/** Where a question is asked and answered. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/**
 * Has a person say that a deletion is meant.
 *
 * @throws Error when it is not, or when there is nobody to ask
 */
export async function confirm(
  question: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<void> {
  if (!input.isTTY) throw new Error(`${question} Nobody can be asked here: say so with --yes.`);
  const lines = createInterface({ input, output });
  try {
    const answer = await lines.question(`${question} Type yes to go on: `);
    if (answer.trim() !== 'yes') throw new Error('Nothing was deleted.');
  } finally {
    lines.close();
  }
}
