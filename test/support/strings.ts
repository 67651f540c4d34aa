/** The English strings of the sources: what is handed to `messages(namespace, {...})`, by `namespace.key`. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CallExpression,
  isCallExpression,
  isIdentifier,
  isObjectLiteralExpression,
  isPropertyAssignment,
  isStringLiteral,
  isStringLiteralLikeNode,
  type Node,
  type SourceFile,
} from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));

/** @throws Error where a string is not written out in the call itself: a translator would miss it. */
export function englishStrings(): ReadonlyMap<string, string> {
  const strings = new Map<string, string>();
  for (const file of sourceFiles()) {
    for (const call of messagesCalls(file)) {
      for (const [name, text] of stringsOf(call, file)) {
        if (strings.has(name) && strings.get(name) !== text) throw new Error(`${name} has two English texts`);
        strings.set(name, text);
      }
    }
  }
  return strings;
}

function sourceFiles(): SourceFile[] {
  const compiler = new API();
  try {
    const config = path.join(SOURCES, 'tsconfig.json');
    const program = compiler.updateSnapshot({ openProjects: [config] }).getProject(config)?.program;
    const names = program?.getSourceFileNames().filter((name) => name.startsWith(SOURCES)) ?? [];
    return names.flatMap((name) => program?.getSourceFile(name) ?? []);
  } finally {
    compiler.close();
  }
}

function messagesCalls(file: SourceFile): CallExpression[] {
  const calls: CallExpression[] = [];
  const visit = (node: Node): void => {
    if (isCallExpression(node) && isIdentifier(node.expression) && node.expression.text === 'messages') calls.push(node);
    node.forEachChild(visit);
  };
  visit(file);
  return calls;
}

function stringsOf({ arguments: [namespace, english] }: CallExpression, file: SourceFile): [name: string, text: string][] {
  if (namespace === undefined || !isStringLiteral(namespace)) throw notWrittenOut(file, 'a namespace');
  if (english === undefined || !isObjectLiteralExpression(english)) throw notWrittenOut(file, `the strings of ${namespace.text}`);
  return english.properties.map((property) => {
    const [key, text] = pairOf(property, file);
    return [`${namespace.text}.${key}`, text];
  });
}

function pairOf(property: Node, file: SourceFile): [key: string, text: string] {
  if (isPropertyAssignment(property)) {
    const { name, initializer } = property;
    if ((isIdentifier(name) || isStringLiteral(name)) && isStringLiteralLikeNode(initializer)) return [name.text, initializer.text];
  }
  throw notWrittenOut(file, property.getText(file));
}

function notWrittenOut({ fileName }: SourceFile, what: string): Error {
  return new Error(`${path.relative(SOURCES, fileName)}: ${what} is not written out in the call of messages()`);
}
