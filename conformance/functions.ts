import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './case.ts';

// SyncTrigger functions of cases. A case has the lines of a function's body, which knows `event`, `context` and
// `callback` as on AWS Lambda; each becomes a module that can be deployed there as it is.

/** Where a function is: this, and its name. */
export const testFunctionArns = 'arn:aws:lambda:us-east-1:000000000000:function:';

/** The same for the same lines, and different otherwise. */
export function functionName(lines: readonly string[]): string {
  const hash = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
  return `conformance-${hash}`;
}

/** Writes a module for each function of the cases; answers name → file. */
export function writeFunctions(cases: readonly Case[], folder: string): ReadonlyMap<string, string> {
  mkdirSync(folder, { recursive: true });
  const files = new Map<string, string>();
  for (const each of cases) {
    if (!each.function) continue;
    const name = functionName(each.function);
    const file = join(folder, `${name}.mjs`);
    const body = each.function.map((line) => `  ${line}\n`).join('');
    writeFileSync(
      file,
      `// ${each.name}\nexport const handler = (event, context, callback) => {\n${body}};\n`,
    );
    files.set(name, file);
  }
  return files;
}
