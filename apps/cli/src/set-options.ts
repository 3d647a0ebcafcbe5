// `--set key=value`: changes to a config, before it is parsed. Whether a key exists and a value fits is the
// config's schema's to say.

import { NeusimError } from '@neusim/registry';

type Json = Record<string, unknown>;

/**
 * A copy of `config` with each `path=value` put in. A path is keys joined by dots, numbers being places in lists;
 * a value is JSON, or text where it is not.
 * @throws NeusimError `CLI_BAD_SET`
 */
export function setOptions(config: Json, assignments: readonly string[]): Json {
  const copy = structuredClone(config);
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const keys = assignment.slice(0, Math.max(at, 0)).split('.');
    if (at < 1 || keys.some((key) => key === '' || key === '__proto__')) {
      throw badSet(assignment, 'wanted: key=value or outer.key=value');
    }
    assign(copy, keys, valueOf(assignment.slice(at + 1)), assignment);
  }
  return copy;
}

function assign(target: Json, keys: readonly string[], value: unknown, assignment: string): void {
  const [key = '', ...rest] = keys;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = Object.hasOwn(target, key) ? target[key] : undefined;
  if (inner !== undefined && (typeof inner !== 'object' || inner === null)) {
    throw badSet(assignment, `${key} is ${JSON.stringify(inner)}, which holds no keys`);
  }
  target[key] = inner ?? {};
  assign(target[key] as Json, rest, value, assignment);
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function badSet(assignment: string, reason: string) {
  return new NeusimError('CLI_BAD_SET', `--set ${assignment}: ${reason}`, {
    data: { assignment },
    hint: 'for example --set steps=200 --set optimizer.momentum=0.95',
  });
}
