import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type CallerKind,
  type ErrorName,
  errorRow,
  errors,
  extensionService,
  identityService,
  isRead,
  type Members,
  type Operation,
  type Service,
  type Shape,
  stsService,
  syncService,
} from '@holdall/protocol';
import { options } from '@holdall/server';
import { Settings } from '@holdall/server/settings';
import { clientPage } from './client-reference.ts';

// Writes `docs/reference/` from the tables that the service runs on and from the client's declarations, so that the docs
// cannot say what the software does not do. With `--check` it writes nothing and fails when a file is not what it would write.

const services: readonly { readonly title: string; readonly service: Service }[] = [
  { title: 'Cognito Sync', service: syncService },
  { title: 'Cognito Identity', service: identityService },
  { title: 'STS', service: stsService },
  { title: 'Extensions', service: extensionService },
];
const callers: Readonly<Record<CallerKind, string>> = {
  identity: 'the identity itself',
  developer: 'developers',
  anyone: 'anyone, unsigned',
};

// ---- Operations

function operationsPage(): string[] {
  return [
    '# Operations',
    '',
    'Every operation of Cognito can be called with `POST /` and `X-Amz-Target: <target>.<Operation>`, its members in',
    'a JSON body; those of Cognito Sync have paths of their own besides (REST). **Developers** sign with the root',
    'credentials or a [developer key](../guides/developer-keys.md), **the identity itself** with the temporary credentials',
    'of the very identity that the request names. Lengths of texts are counted in UTF-16 units. Besides the',
    '[errors](errors.md) that an operation lists, any request can be refused before its operation runs.',
    ...services.flatMap(({ title, service }) => [
      `\n## ${title}\n`,
      `${howToCall(service)}\n`,
      ...table(
        ['operation', 'may be called by', ''],
        Object.entries(service.operations).map(([name, row]) => [
          `[${name}](#${name.toLowerCase()})`,
          callersOf(row),
          row.doc,
        ]),
      ),
      ...Object.entries(service.operations).flatMap(([name, row]) => operationSection(service, name, row)),
    ]),
  ];
}

function howToCall({ xml, restOnly, version, target, signingName }: Service): string {
  if (restOnly)
    return `Not of the original, and at their paths alone; requests are signed for \`${signingName}\`.`;
  return xml
    ? `Spoken in the query protocol alone: \`Action=<Operation>&Version=${version}\`, with answers in XML.`
    : `The target is \`${target}\`; requests are signed for \`${signingName}\`.`;
}

function callersOf(row: Operation): string {
  return row.callers.map((kind) => callers[kind]).join(', ');
}

/** What the scope of a [developer key](../guides/developer-keys.md) makes of it. */
function forLimitedKeys(row: Operation): string {
  if (!row.callers.includes('developer')) return '';
  const reads = isRead(row) ? ' Changes nothing, so keys that may only read may call it.' : '';
  if (Object.hasOwn(row.input, 'IdentityPoolId')) return reads;
  const limits = row.limitsItself
    ? ' A key that is limited to some pools is shown those.'
    : ' Not for keys that are limited to some pools.';
  return reads + limits;
}

function operationSection(service: Service, name: string, row: Operation): string[] {
  const columns = service.rest ? 5 : 4;
  const inputs = memberRows(row.input, '').map((cells) => cells.slice(0, columns));
  const outputs = memberRows(row.output ?? {}, '').map((cells) => cells.slice(0, 2));
  return [
    `\n### ${name}\n`,
    `${row.doc}\n`,
    `${code(nameOnTheWire(service, name, row))}\n`,
    `Called by: ${callersOf(row)}.${forLimitedKeys(row)}\n`,
    ...table(['input', 'type', 'required', 'constraints', 'place in REST'].slice(0, columns), inputs),
    '',
    ...(row.streams
      ? ['The answer is a stream of server-sent events: [live changes](../guides/live.md).']
      : outputs.length > 0
        ? table(['output', 'type'], outputs)
        : ['The answer has no members.']),
    `\nErrors: ${[...row.errors].sort().map(code).join(', ')}.`,
  ];
}

function nameOnTheWire({ rest, xml, version, target }: Service, name: string, row: Operation): string {
  if (xml) return `Action=${name}&Version=${version}`;
  return rest ? `${row.method} ${row.path}` : `${target}.${name}`;
}

/** Cells for each member, and for those of the structures in it. */
function memberRows(members: Members, prefix: string): string[][] {
  return Object.entries(members).flatMap(([name, { shape, required, in: place = 'body', wire }]) => {
    const path = prefix + name;
    const where = wire ? `${place} ${code(wire)}` : place;
    const [inner, suffix] = shape.type === 'list' ? [shape.member, '[].'] : [shape, '.'];
    return [
      [code(path), typeName(shape), required ? 'yes' : '', constraints(shape), prefix ? '' : where],
      ...(inner.type === 'structure' ? memberRows(inner.members, path + suffix) : []),
    ];
  });
}

function typeName(shape: Shape): string {
  if (shape.type === 'list') return `list of ${typeName(shape.member)}s`;
  if (shape.type === 'map') return `map of ${typeName(shape.key)}s to ${typeName(shape.value)}s`;
  return shape.type;
}

/** Those of a list's items and a map's entries too. */
function constraints(shape: Shape): string {
  const told: (string | undefined)[] = [];
  const tellInside = (label: string, inner: Shape) =>
    told.push(constraints(inner) && `${label}: ${constraints(inner)}`);
  if (shape.type === 'string') {
    told.push(shape.values && `one of ${shape.values.map(code).join(', ')}`, range(shape, ' characters'));
    told.push(shape.pattern && `matches ${code(shape.pattern)}`);
  } else if (shape.type === 'integer' || shape.type === 'long') {
    told.push(range(shape, ''));
  } else if (shape.type === 'list') {
    told.push(range(shape, ' items'));
    tellInside('each', shape.member);
  } else if (shape.type === 'map') {
    told.push(range(shape, ' entries'));
    tellInside('key', shape.key);
    tellInside('value', shape.value);
  }
  return told.filter(Boolean).join('; ');
}

function range({ min, max }: { readonly min?: number; readonly max?: number }, unit: string): string {
  if (max === undefined) return min === undefined ? '' : `at least ${min}${unit}`;
  return min === undefined ? `at most ${max}${unit}` : `${min} to ${max}${unit}`;
}

// ---- Errors

function errorsPage(): string[] {
  const rows = services.flatMap(({ service }) => Object.values(service.operations));
  const declared = new Set(rows.flatMap((row) => row.errors));
  const names = Object.keys(errors) as ErrorName[];
  return [
    '# Errors',
    '',
    'An error has its name in the header `x-amzn-ErrorType` and, in the JSON protocols, in `__type`; its message is in',
    '`message`. Cognito Identity answers every mistake of a client with 400, as the original does. A request in the query',
    'form of 2014 is answered with the common names of that time where there is one, and their status.',
    '\n## Declared by operations\n',
    ...errorTable(names.filter((name) => declared.has(name))),
    '\n## Given before an operation runs\n',
    ...errorTable(names.filter((name) => !declared.has(name))),
  ];
}

function errorTable(names: readonly ErrorName[]): string[] {
  const rows = names.map((name) => {
    const { status, jsonName, queryName, queryStatus, xmlName, xmlStatus, doc } = errorRow(name);
    const inQuery = queryName ? `${code(queryName)}, ${queryStatus ?? status}` : '';
    const inXml = xmlName ? `${code(xmlName)}, ${xmlStatus ?? status}` : inQuery;
    return [code(name), String(status), jsonName ? `${doc} In JSON ${code(jsonName)}.` : doc, inQuery, inXml];
  });
  return table(['error', 'status', 'meaning', 'in the query form', 'in XML'], rows);
}

// ---- Configuration

function configurationPage(): string[] {
  return [
    '# Configuration',
    '',
    'A flag of `holdall serve` comes before its environment variable, and that before the default. A value that is not',
    'acceptable, or a `HOLDALL_` variable that is not listed here, stops the start. Secrets have no flags, since a process',
    'list shows flags to everyone.',
    '',
    ...table(
      ['flag', 'variable', 'default', 'value', ''],
      options.map(({ flag, placeholder, variable, defaultText, parse, doc }) => [
        flag ? code(`${flag} ${placeholder}`) : '',
        code(variable),
        defaultText === undefined ? '' : code(defaultText),
        whatIsWanted(parse),
        doc,
      ]),
    ),
    '',
    '## The configuration file',
    '',
    '`holdall.config.json` says what the service sends to: functions, streams and push targets. Its',
    '[JSON Schema](holdall.config.schema.json) is for editors; `holdall config check` explains every error, and with',
    '`--probe` tries each receiver. Where the file has streams and the service listens on all addresses (`0.0.0.0`, `::`), it must',
    'also say `publicUrl`; the check and the start warn when it does not. See [Deliveries](../guides/deliveries.md).',
  ];
}

/** What a setting says of its values when it is given none. */
function whatIsWanted(parse: (text: string) => unknown): string {
  try {
    parse('');
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('This takes an empty text for a value, so there is no telling what is wanted.');
}

// ---- Markdown and files

function code(text: string): string {
  return `\`${text}\``;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [heads, heads.map(() => '---'), ...rows].map(line);
}

/** JSON Schema of `holdall.config.json`, for editors. */
function settingsSchema(): string {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...Settings };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function markdown(page: readonly string[]): string {
  return `<!-- Written by \`npm run docs\`: change the sources, not this file. -->\n\n${page.join('\n')}\n`;
}

const pages = {
  'operations.md': markdown(operationsPage()),
  'errors.md': markdown(errorsPage()),
  'configuration.md': markdown(configurationPage()),
  'holdall.config.schema.json': settingsSchema(),
  'client.md': markdown(clientPage()),
};
const folder = fileURLToPath(new URL('../docs/reference/', import.meta.url));
const isCheck = process.argv.includes('--check');
mkdirSync(folder, { recursive: true });
let characters = 0;
for (const [name, text] of Object.entries(pages)) {
  characters += text.length;
  if (!isCheck) writeFileSync(folder + name, text);
  else if (!existsSync(folder + name) || readFileSync(folder + name, 'utf8') !== text) {
    process.stderr.write(`docs/reference/${name} is not what the sources say: run \`npm run docs\`.\n`);
    process.exitCode = 1;
  }
}
const operationCount = services.flatMap(({ service }) => Object.keys(service.operations)).length;
process.stdout.write(
  `docs/reference: ${isCheck ? 'compared' : 'wrote'} ${Object.keys(pages).length} files, ${characters} characters: ` +
    `${operationCount} operations, ${Object.keys(errors).length} errors, ${options.length} settings.\n`,
);
