// The table of error codes, read off the source of the packages and the command line: every `new NeusimError(code,
// message, { hint })`, and every code that is handed to a function which makes one. A part of a message that differs
// from case to case stands as … in it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../shell.mjs';
import { workspaces } from '../workspaces.mjs';

const CODE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/;

/** What looks like a code and is none. */
const notCodes =
  /^(NEUSIM|VK|LD|NVIDIA|TF|CUDA|WASM|WEBGPU)_|^(BYTE_ARRAY|PLAIN_DICTIONARY|RLE_DICTIONARY|NEWOBJ_EX|NEXT_BUFFER|READONLY_BUFFER|CIFAR_FS)$/;

/** `[{ code, packages, messages, hints }]`, by code. */
export function errorCodes() {
  const found = new Map();
  for (const { folder, json } of workspaces().filter(hasErrors))
    for (const { code, message, hint } of sources(join(root, folder, 'src')).flatMap(errorsOf)) {
      if (!found.has(code))
        found.set(code, { code, packages: new Set(), messages: new Set(), hints: new Set() });
      const row = found.get(code);
      row.packages.add(json.name);
      if (message) row.messages.add(message);
      if (hint) row.hints.add(hint);
    }
  return [...found.values()]
    .sort((a, b) => (a.code < b.code ? -1 : 1))
    .map(({ code, ...sets }) => ({
      code,
      ...Object.fromEntries(Object.entries(sets).map(([key, set]) => [key, [...set]])),
    }));
}

const hasErrors = ({ folder }) => /^(packages\/|apps\/(cli|studio)$)/.test(folder);

const sources = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter(
      (name) =>
        /\.ts$/.test(name) && !/\.(test|fixture|test-d|d)\.ts$|(^|[\\/])(test|generated)[\\/]/.test(name),
    )
    .map((name) => join(folder, name));

function errorsOf(path) {
  const text = readFileSync(path, 'utf8');
  const errors = [];
  const visit = (node) => {
    if (ts.isStringLiteral(node) && CODE.test(node.text) && !notCodes.test(node.text))
      errors.push(errorOf(node));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return errors.filter(Boolean);
}

/** The error that a code's literal stands for, or nothing where it is compared with, or is a type or a key. */
function errorOf(literal) {
  let child = literal;
  let at = literal.parent;
  while (ts.isConditionalExpression(at) && at.condition !== child) [child, at] = [at, at.parent];
  const code = literal.text;
  if (ts.isArrayLiteralExpression(at)) return { code };
  if (ts.isPropertyAssignment(at) && at.name.text === 'code')
    return { code, message: propertyText(at.parent, 'message'), hint: propertyText(at.parent, 'hint') };
  if (!ts.isCallExpression(at) && !ts.isNewExpression(at)) return undefined;
  const rest = at.arguments.slice(at.arguments.indexOf(child) + 1);
  const [message, last] = rest.map(textOf).filter((text) => text?.includes(' '));
  return { code, message, hint: rest.map(hintIn).find(Boolean) ?? last };
}

const hintIn = (node) => (ts.isObjectLiteralExpression(node) ? propertyText(node, 'hint') : undefined);

function propertyText(object, name) {
  const found = object.properties.find((each) => each.name?.text === name);
  if (!found) return undefined;
  return ts.isShorthandPropertyAssignment(found) ? textOf(found.name) : textOf(found.initializer);
}

/** What is fixed in a text, or nothing. A name stands for what the block it is in, or one around it, has called so. */
function textOf(node) {
  if (ts.isIdentifier(node)) {
    const value = constantOf(node.text, node.parent);
    return value && !ts.isIdentifier(value) ? textOf(value) : undefined;
  }
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
  if (ts.isConditionalExpression(node))
    return [textOf(node.whenTrue), textOf(node.whenFalse)].filter(Boolean).join('; or: ') || undefined;
  if (ts.isBinaryExpression(node)) return `${textOf(node.left) ?? '…'}${textOf(node.right) ?? '…'}`;
  return undefined;
}

function constantOf(name, from) {
  for (let at = from; at; at = at.parent) {
    const statements = at.statements ?? [];
    const declared = statements
      .filter(ts.isVariableStatement)
      .flatMap(({ declarationList }) => [...declarationList.declarations]);
    const found = declared.find((each) => ts.isIdentifier(each.name) && each.name.text === name);
    if (found) return found.initializer;
    if (ts.isFunctionLike(at) && at.parameters.some((each) => each.name.getText() === name)) return undefined;
  }
  return undefined;
}
