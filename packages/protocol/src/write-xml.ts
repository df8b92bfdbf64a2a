import type { Members, Shape } from './shape.ts';

/**
 * The members that have a value as XML elements, in the order of the row: lists as `<member>`, maps as `<entry>` with
 * `<key>` and `<value>`, instants in ISO 8601 with whole seconds.
 */
export function writeXmlMembers(members: Members, value: object): string {
  const given = value as Readonly<Record<string, unknown>>;
  return Object.entries(members)
    .map(([name, { shape }]) => {
      const member = given[name];
      return member === undefined || member === null ? '' : xmlElement(name, writeShape(shape, member));
    })
    .join('');
}

/** @param content markup: text must have been through `xmlText` */
export function xmlElement(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

function writeShape(shape: Shape, value: unknown): string {
  switch (shape.type) {
    case 'string':
    case 'integer':
    case 'long':
    case 'boolean':
      return xmlText(String(value));
    case 'timestamp':
      return new Date(value as number).toISOString().replace(/\.\d+Z$/, 'Z');
    case 'list':
      return (value as readonly unknown[])
        .map((item) => xmlElement('member', writeShape(shape.member, item)))
        .join('');
    case 'map':
      return Object.entries(value as object)
        .map(([key, item]) =>
          xmlElement(
            'entry',
            xmlElement('key', xmlText(key)) + xmlElement('value', writeShape(shape.value, item)),
          ),
        )
        .join('');
    case 'structure':
      return writeXmlMembers(shape.members, value as object);
  }
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Left as it is, a parser would read it as a line feed.
  '\r': '&#xD;',
};

/** Text that is safe between tags and in quotes. What XML 1.0 cannot carry, not even escaped, becomes U+FFFD. */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>"\r]/g, (character) => references[character] ?? '')
    .replaceAll(/[^\t\n\r\x20-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
}
