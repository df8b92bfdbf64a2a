import type { Json } from './case.ts';
import { percentEncode } from './signing.ts';

/** What `{{name}}` stands for: texts, and whatever earlier answers held. */
export type Variables = Map<string, Json>;

const placeholder = /\{\{(%{0,2})([^{}]+)\}\}/g;
const wholePlaceholder = /^\{\{(\w+)\}\}$/;

/** The names in `{{…}}` that a case mentions. */
export function mentioned(text: string): ReadonlySet<string> {
  return new Set(Array.from(text.matchAll(placeholder), (match) => match[2] ?? ''));
}

/** @throws Error for a name that nothing was captured under */
export function fillText(text: string, variables: Variables): string {
  return text.replaceAll(placeholder, (_, encode: string, name: string) => {
    const value = String(lookUp(name, variables));
    return encode === ''
      ? value
      : encode === '%'
        ? percentEncode(value)
        : percentEncode(percentEncode(value));
  });
}

/**
 * Fills all texts in a value. A text that is nothing but a placeholder takes the value's own type, and
 * `{"repeat": 3, "each": …}` becomes a list in which `{{n}}` counts.
 */
export function fill(value: Json, variables: Variables): Json {
  if (typeof value === 'string') {
    const name = wholePlaceholder.exec(value)?.[1];
    return name !== undefined && variables.has(name)
      ? (variables.get(name) ?? null)
      : fillText(value, variables);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => fill(item, variables));
  const entries = value as { readonly [key: string]: Json };
  if (typeof entries.repeat === 'number' && entries.each !== undefined) {
    const { each } = entries;
    return Array.from({ length: entries.repeat }, (_, index) =>
      fill(each, new Map([...variables, ['n', index + 1]])),
    );
  }
  return Object.fromEntries(
    Object.entries(entries).map(([key, item]) => [fillText(key, variables), fill(item, variables)]),
  );
}

function lookUp(name: string, variables: Variables): Json {
  const [word, text, times] = name.split(':');
  if (word === 'repeat' && text !== undefined) return text.repeat(Number(times));
  const value = variables.get(name);
  if (value === undefined) throw new Error(`The case uses {{${name}}}, which nothing has set.`);
  return value;
}

/** The value at a path like `$.Records[0].Key`. */
export function valueAt(path: string, value: Json): Json | undefined {
  return path
    .split(/[.[\]]+/)
    .filter((step) => step !== '' && step !== '$')
    .reduce<Json | undefined>(
      (at, step) => (at as Readonly<Record<string, Json>> | undefined)?.[step],
      value,
    );
}
