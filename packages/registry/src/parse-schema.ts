// Validation at the border: any Standard Schema, one coded error that names the bad key.

import { NeusimError } from './error';
import { frozen } from './frozen';
import { show } from './show';
import type { StandardSchemaIssue, StandardSchemaV1 } from './standard-schema';

/**
 * Validates `value` and returns a frozen copy of the schema's output.
 *
 * @param subject what is being read, for the message: `'options of similarity:static-uns'`, a file's name.
 * @throws NeusimError `CONFIG_INVALID`: `data.path` is the path of the first bad key (`'layers[2].width'`, `''` for
 *   the whole), `data.value` what stood there, `data.issues` all faults; `REGISTRY_ASYNC_SCHEMA` for a schema
 *   that validates asynchronously.
 */
export function parseSchema<Out>(
  schema: StandardSchemaV1<unknown, Out>,
  value: unknown,
  subject: string,
): Out {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new NeusimError('REGISTRY_ASYNC_SCHEMA', `the schema for ${subject} validates asynchronously`, {
      data: { subject },
      hint: 'use a synchronous schema, and do what must wait in load',
    });
  }
  if (!result.issues) return frozen(result.value);
  const issues = result.issues.map((issue) => ({ path: pathText(issue), message: issue.message }));
  const first = issues[0] ?? { path: '', message: 'refused without a reason' };
  const met = result.issues[0] ? valueAt(value, result.issues[0]) : value;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new NeusimError(
    'CONFIG_INVALID',
    `${subject}: ${first.path || 'the whole value'} is ${show(met)}: ${first.message}${more}`,
    { data: { subject, path: first.path, value: met, issues }, hint: `correct ${first.path || 'the value'}` },
  );
}

const keys = ({ path = [] }: StandardSchemaIssue): PropertyKey[] =>
  path.map((part) => (typeof part === 'object' ? part.key : part));

const pathText = (issue: StandardSchemaIssue): string =>
  keys(issue)
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`))
    .join('');

const valueAt = (value: unknown, issue: StandardSchemaIssue): unknown =>
  keys(issue).reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
