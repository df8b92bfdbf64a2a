import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

type Statement = ReturnType<typeof parseAst>['body'][number];
type ClassMember = { readonly start: number; readonly end: number; readonly key?: { readonly type: string } };

/** Something that a module gives to others, as its declaration file has it. */
export interface Declaration {
  /** As importers call it; `resolvers.max` for what is in a namespace. */
  readonly name: string;
  /** A class may be exported as a type, for those who do not make it. */
  readonly kind: 'value' | 'type';
  /** The text of its doc comment, without the stars; undefined when it has none. */
  readonly doc: string | undefined;
  /** TypeScript, with the comments of its members; empty for a namespace. */
  readonly code: string;
}

/** All that a declaration file exports, itself or from other files. @throws Error for what cannot be followed */
export function readDeclarations(file: string): Declaration[] {
  return declarationsIn(readFileSync(file, 'utf8'), file);
}

/** `file`: where the text is from, to find what it exports from others. */
export function declarationsIn(text: string, file: string): Declaration[] {
  const statements = parseAst(text, { lang: 'dts', sourceType: 'module' }, file).body;
  const found: Declaration[] = [];
  for (const statement of statements) {
    if (statement.type === 'ExportAllDeclaration') found.push(...fromAll(file, text, statement));
    if (statement.type !== 'ExportNamedDeclaration') continue;
    if (statement.source) found.push(...fromOther(file, statement));
    else if (statement.declaration) found.push(ownDeclaration(text, statement));
    else if (statement.specifiers.length > 0) {
      throw new Error(
        `${file} exports names on their own: declare them there, or export them from their file.`,
      );
    }
  }
  return joinOverloads(found);
}

type ExportAll = Extract<Statement, { type: 'ExportAllDeclaration' }>;
type ExportNamed = Extract<Statement, { type: 'ExportNamedDeclaration' }>;

function fromAll(file: string, text: string, { source, exported, start }: ExportAll): Declaration[] {
  const all = readDeclarations(fileOf(file, source.value));
  if (!exported) return all;
  const prefix = nameOf(exported);
  const namespace: Declaration = { name: prefix, kind: 'value', doc: docBefore(text, start), code: '' };
  return [namespace, ...all.map((one) => ({ ...one, name: `${prefix}.${one.name}` }))];
}

function fromOther(file: string, { source, specifiers, ...statement }: ExportNamed): Declaration[] {
  const other = fileOf(file, source?.value ?? '');
  const all = readDeclarations(other);
  return specifiers.map(({ local, exported, exportKind }) => {
    const declaration = all.find(({ name }) => name === nameOf(local));
    if (!declaration) throw new Error(`${other} has no '${nameOf(local)}', which ${file} exports.`);
    const isType = statement.exportKind === 'type' || exportKind === 'type';
    return { ...declaration, name: nameOf(exported), kind: isType ? 'type' : declaration.kind };
  });
}

function fileOf(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) throw new Error(`${file} exports from '${specifier}', another package.`);
  return join(dirname(file), specifier.replace(/\.ts$/, '.d.ts'));
}

function nameOf(node: { readonly type: string } & object): string {
  if ('name' in node) return String(node.name);
  if ('value' in node) return String(node.value);
  throw new Error(`A ${node.type} is no name.`);
}

function ownDeclaration(text: string, { declaration, start }: ExportNamed): Declaration {
  const doc = docBefore(text, start);
  if (!declaration) throw new Error('Nothing is declared.');
  const code = text.slice(declaration.start, declaration.end).replace(/^declare /, '');
  switch (declaration.type) {
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return { name: declaration.id.name, kind: 'type', doc, code: tidy(code) };
    case 'VariableDeclaration': {
      const [variable] = declaration.declarations;
      if (variable?.id.type !== 'Identifier') throw new Error(`Not one name: ${code}`);
      return { name: variable.id.name, kind: 'value', doc, code: tidy(code) };
    }
    case 'ClassDeclaration':
      return {
        name: declaration.id?.name ?? '',
        kind: 'value',
        doc,
        code: tidy(publicCode(text, declaration.start, declaration.end, declaration.body.body)),
      };
    case 'TSDeclareFunction':
      return { name: declaration.id?.name ?? '', kind: 'value', doc, code: tidy(code) };
    default:
      throw new Error(`No words for a ${declaration.type}: ${code}`);
  }
}

/** Without private members, and those that are marked as internal. */
function publicCode(text: string, start: number, end: number, members: readonly ClassMember[]): string {
  let code = '';
  let from = start;
  for (const member of members) {
    const before = text.slice(from, member.start);
    const comment = lastComment.exec(before);
    const isHidden = member.key?.type === 'PrivateIdentifier' || comment?.[0].includes('@internal');
    const isPrivate = /^(?:private|protected) /.test(text.slice(member.start, member.end));
    const kept = isHidden || isPrivate ? before.slice(0, comment?.index ?? before.length) : before;
    code += isHidden || isPrivate ? kept.trimEnd() : kept + text.slice(member.start, member.end);
    from = member.end;
  }
  return (code + text.slice(from, end)).replace(/^declare /, '');
}

const lastComment = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/;

function docBefore(text: string, start: number): string | undefined {
  const comment = lastComment.exec(text.slice(0, start));
  return comment?.[0]
    .trim()
    .slice('/**'.length, -'*/'.length)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

/** Two spaces where `tsc` writes four. */
function tidy(code: string): string {
  return code.replace(/^(?: {4})+/gm, (indent) => ' '.repeat(indent.length / 2));
}

function joinOverloads(declarations: readonly Declaration[]): Declaration[] {
  const byName = new Map<string, Declaration>();
  for (const declaration of declarations) {
    const { name, doc, code } = declaration;
    const before = byName.get(name);
    byName.set(
      name,
      before ? { ...before, doc: before.doc ?? doc, code: `${before.code}\n${code}` } : declaration,
    );
  }
  return [...byName.values()];
}
