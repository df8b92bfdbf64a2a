import type { Json } from './case.ts';

interface Matcher {
  readonly pattern: string;
  readonly kind: 'text' | 'number';
}

const text = (pattern: string): Matcher => ({ pattern, kind: 'text' });
const number = (pattern: string): Matcher => ({ pattern, kind: 'number' });

/** What `<name>` stands for in an expectation. `<any>` and `<maybe>` are apart: they match any value. */
const matchers: Readonly<Record<string, Matcher>> = {
  // Plain or in Java's notation (1.70057487574E9), milliseconds at most.
  date: number('\\d{1,13}(?:\\.\\d{1,3})?|\\d\\.\\d{1,12}E\\d{1,2}'),
  count: number('\\d+'),
  text: text('[^]+'),
  uuid: text('[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'),
  id: text('[\\w-]+:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'),
  account: text('\\d{12}'),
  token: text('[A-Za-z0-9+/=._-]+'),
  timestamp: text('\\d{8}T\\d{6}Z'),
  instant: text('\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z'),
  sha256: text('[0-9a-f]{64}'),
  'http-date': text('[A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT'),
};

const matcherNames = new RegExp(`<(${[...Object.keys(matchers), 'any'].join('|')})>`);

/** How a JSON value differs from what was expected; nothing when it does not. */
export function differences(expected: Json, actual: Json | undefined, path = '$'): readonly string[] {
  if (expected === '<maybe>' || (expected === '<any>' && actual !== undefined)) return [];
  const different = () => [`${path}: expected ${show(expected)}, got ${show(actual)}`];
  if (actual === undefined) return different();
  if (typeof expected === 'string') return matchesValue(expected, actual) ? [] : different();
  if (typeof expected !== 'object' || expected === null) return expected === actual ? [] : different();
  if (isList(expected)) {
    if (!isList(actual) || actual.length !== expected.length) return different();
    return expected.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`));
  }
  if (typeof actual !== 'object' || actual === null || isList(actual)) return different();
  const surplus = Object.keys(actual)
    .filter((name) => !Object.hasOwn(expected, name))
    .map((name) => `${path}.${name}: not expected, got ${show(actual[name])}`);
  const wrong = Object.entries(expected).flatMap(([name, value]) =>
    differences(value, Object.hasOwn(actual, name) ? actual[name] : undefined, `${path}.${name}`),
  );
  return [...wrong, ...surplus];
}

/** Whether a text is what was expected, `<name>`s taken for what they stand for. */
export function matchesText(expected: string, actual: string): boolean {
  const parts = expected.split(matcherNames);
  const pattern = parts.map((part, index) => {
    if (index % 2 === 0) return RegExp.escape(part);
    return part === 'any' ? '[^]*?' : `(?:${matchers[part]?.pattern})`;
  });
  return new RegExp(`^${pattern.join('')}$`).test(actual);
}

function matchesValue(expected: string, actual: Json): boolean {
  const whole = matcherNames.exec(expected);
  const matcher = whole?.[0] === expected ? matchers[whole[1] ?? ''] : undefined;
  if (matcher?.kind === 'number') {
    return typeof actual === 'number' && new RegExp(`^(?:${matcher.pattern})$`).test(String(actual));
  }
  return typeof actual === 'string' && matchesText(expected, actual);
}

/**
 * What is unusual in the form of an answer: the original's are compact, and the members of every object are in
 * alphabetical order, after `__type`.
 */
export function formFaults(answer: string): readonly string[] {
  const faults: string[] = [];
  if (/\s/.test(answer.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'))) faults.push('the JSON is not compact');
  JSON.parse(answer, (_, value: Json) => {
    if (typeof value !== 'object' || value === null || isList(value)) return value;
    const names = Object.keys(value).filter((name, index) => name !== '__type' || index > 0);
    if (names.join() !== names.toSorted().join()) faults.push(`not in alphabetical order: ${names}`);
    return value;
  });
  return faults;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function show(value: Json | undefined): string {
  const shown = JSON.stringify(value) ?? 'nothing';
  return shown.length > 600 ? `${shown.slice(0, 600)}…` : shown;
}
