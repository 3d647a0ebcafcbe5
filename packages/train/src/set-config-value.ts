/** Changing one value of a config that is still plain JSON: what `--set key=value` does. */
import { NeusimError } from '@neusim/registry';

/** Words that reach an object's prototype. */
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * A copy of `config` in which the value at a dotted path is another; objects on the way are made.
 * @param path `'optimizer.learningRate'`; a number is a place in a list: `'schedule.at.0'`.
 * @param text JSON, or a plain string where it is none.
 *   A list that is not there yet is written whole: `schedule.at` with the text `[5,10]`.
 * @throws NeusimError CONFIG_INVALID with `data.path` for a path that leads through a value that is no object or list,
 *   to a place in a list that is not there, or beyond the end of one that is.
 */
export function setConfigValue(config: object, path: string, text: string): Record<string, unknown> {
  const copy = structuredClone(config) as Record<string, unknown>;
  const keys = path.split('.');
  if (keys.some((key) => key === '' || forbidden.has(key)))
    throw invalid(path, path, 'is no path', 'Write it as in optimizer.learningRate.');
  const last = keys.pop() as string;
  let at: Record<string, unknown> = copy;
  for (const [index, key] of keys.entries()) {
    const here = keys.slice(0, index + 1).join('.');
    requirePlace(at, key, path, keys.slice(0, index).join('.'));
    if ((at[key] ?? undefined) === undefined && isPlace(keys[index + 1] ?? last))
      throw invalid(path, here, 'is no list yet', `Write the whole list: ${here}=[5,10].`);
    at[key] ??= {};
    const next = at[key];
    // A part may be given by its name alone; its options make it an object.
    if (typeof next === 'string') at[key] = { name: next };
    else if (typeof next !== 'object')
      throw invalid(path, here, 'has nothing below it', `Set ${here} itself.`);
    at = at[key] as Record<string, unknown>;
  }
  requirePlace(at, last, path, keys.join('.'));
  at[last] = parseValue(text);
  return copy;
}

const isPlace = (key: string) => /^\d+$/.test(key);

/** A list takes places only, and none that would leave a hole. */
function requirePlace(at: object, key: string, path: string, here: string): void {
  if (!Array.isArray(at) || (isPlace(key) && Number(key) <= at.length)) return;
  const hint = `Give a place in 0 … ${at.length}, or write the whole list: ${here}=[5,10].`;
  throw invalid(path, here, `is a list of ${at.length}, which has no place ${key}`, hint);
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function invalid(path: string, at: string, message: string, hint: string): NeusimError {
  return new NeusimError('CONFIG_INVALID', `--set ${path}: ${at} ${message}`, { data: { path: at }, hint });
}
