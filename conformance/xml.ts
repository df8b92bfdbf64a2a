import type { Json } from './case.ts';

/**
 * A document of Amazon's XML services as a JSON value: an element with elements in it is an object, any other is its
 * text. Attributes have a `@` before their names; only elements with elements in them have any, and no element has two of
 * one name in it.
 *
 * @returns undefined for anything else
 */
export function readXml(text: string): Json | undefined {
  const root: Element = { name: '', members: new Map(), text: '' };
  const open = [root];
  let end = 0;
  for (const { 0: whole, groups = {}, index } of text.matchAll(token)) {
    const element = open.at(-1);
    if (!element || index !== end) return undefined;
    end += whole.length;
    if (groups.text !== undefined) {
      element.text += unescaped(groups.text);
    } else if (groups.opened !== undefined) {
      open.push({ name: groups.opened, members: attributes(groups.attributes ?? ''), text: '' });
    } else {
      open.pop();
      const parent = open.at(-1);
      const value = contentOf(element);
      const isExpected = element.name === groups.closed && value !== undefined;
      if (!isExpected || !parent || parent.members.has(element.name)) return undefined;
      parent.members.set(element.name, value);
    }
  }
  const isWhole = end === text.length && open.length === 1 && root.members.size === 1;
  return isWhole ? contentOf(root) : undefined;
}

interface Element {
  readonly name: string;
  readonly members: Map<string, Json>;
  text: string;
}

const token =
  /<(?<opened>[\w.]+)(?<attributes>(?:\s+\w+="[^"<]*")*)>|<\/(?<closed>[\w.]+)>|(?<text>(?:[^<>&]|&(?:lt|gt|amp|quot|apos|#xD);)+)/g;

const references: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&quot;': '"',
  '&apos;': "'",
  '&#xD;': '\r',
};

function attributes(written: string): Map<string, Json> {
  return new Map(
    Array.from(written.matchAll(/(\w+)="([^"]*)"/g), ([, name, value]) => [
      `@${name}`,
      unescaped(value ?? ''),
    ]),
  );
}

function contentOf({ members, text }: Element): Json | undefined {
  if (members.size === 0) return text;
  return text.trim() === '' ? Object.fromEntries(members) : undefined;
}

function unescaped(text: string): string {
  return text.replaceAll(/&[^;]+;/g, (reference) => references[reference] ?? reference);
}
