// Validation at the border: any Standard Schema, one coded error that names the bad key.

import { NeusimError } from './error';
import { frozen } from './frozen';
import { show } from './show';
import type { StandardSchemaIssue, StandardSchemaV1 } from './standard-schema';

/**
 * Validates `value` and returns a frozen copy of the schema's output.
 *
 * @param subject what is being read, for the message: `'similarity:static-uns'`, a file's name.
 * @throws NeusimError `CONFIG_INVALID`: `data.path` is the path of the first bad key (`'layers[2].width'`, `''`
 *   for the whole), `data.met` what stood there, `data.issues` all faults as `{ path, message, met }`;
 *   `REGISTRY_ASYNC_SCHEMA` for a schema that validates asynchronously.
 */
export function parseSchema<Out>(
  schema: StandardSchemaV1<unknown, Out>,
  value: unknown,
  subject: string,
): Out {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    throw new NeusimError('REGISTRY_ASYNC_SCHEMA', `the schema of ${subject} is asynchronous`, {
      data: { subject },
      hint: 'use a synchronous schema, and wait in load',
    });
  }
  if (!result.issues) return frozen(result.value);
  const issues = result.issues.map((issue) => locate(issue, value));
  const { path, message, met } = issues[0] ?? { path: '', message: 'refused', met: value };
  const others = issues.slice(1).map((issue) => issue.path);
  const stood = met === undefined ? '' : ` = ${show(met)}`;
  throw new NeusimError('CONFIG_INVALID', `${subject}: ${path || 'options'}${stood}: ${message}`, {
    data: { subject, path, met, issues },
    hint: others[0] ? `also wrong: ${others.join(', ')}` : `correct ${path || 'the options'}`,
  });
}

function locate({ message, path: parts = [] }: StandardSchemaIssue, value: unknown) {
  let path = '';
  let met = value;
  for (const part of parts) {
    const key = typeof part === 'object' ? part.key : part;
    path += typeof key === 'number' ? `[${key}]` : `${path && '.'}${String(key)}`;
    met = (met as Record<PropertyKey, unknown> | null | undefined)?.[key];
  }
  return { path, message, met };
}
