import { type OutputChunk, type Plugin, rolldown } from 'rolldown';

export interface SourceSettings {
  /** `iife` puts what is exported into a global `bundled`. */
  readonly format: 'esm' | 'iife';
  readonly minify: boolean;
  /** From where the imports of the source are looked up; this folder when absent. */
  readonly from?: string;
  /** Modules that stay imports: by what they are called, and by their file. */
  readonly isLeftOut?: (specifier: string, file: string) => boolean;
}

/** One script for a browser of a text of JavaScript, as an app would write it, and of all that it imports. */
export async function bundleSource(
  source: string,
  { format, minify, from = import.meta.dirname, isLeftOut = () => false }: SourceSettings,
): Promise<OutputChunk> {
  const build = await rolldown({
    input: 'entry',
    cwd: from,
    platform: 'browser',
    plugins: [entryOf(source, `${from}/entry.js`, isLeftOut)],
    // For servers that render, which read the modules themselves.
    checks: { moduleLevelDirective: false },
  });
  try {
    const { output } = await build.generate({
      format,
      minify,
      name: 'bundled',
      codeSplitting: false,
    });
    return output[0];
  } finally {
    await build.close();
  }
}

function entryOf(
  source: string,
  importer: string,
  isLeftOut: NonNullable<SourceSettings['isLeftOut']>,
): Plugin {
  const entry = '\0entry';
  return {
    name: 'entry',
    async resolveId(specifier, from) {
      if (specifier === 'entry') return entry;
      const found = await this.resolve(specifier, from === entry ? importer : from, { skipSelf: true });
      if (!found) return null;
      return isLeftOut(specifier, found.id) ? { id: found.id, external: true } : found;
    },
    load: (id) => (id === entry ? source : null),
  };
}
