// Keys and words of a config that nobody knows, told with the nearest that somebody does, before anything is opened.

import { type AnyRegistry, NeusimError, suggest } from '@neusim/registry';
import { listSettings, type Setting } from './settings';

/**
 * @param config as it is written.
 * @throws NeusimError CONFIG_INVALID with `data` { path, met, known, nearest } for a key, or a word, that is not known
 */
export function checkSettings(registry: AnyRegistry, config: Readonly<Record<string, unknown>>): void {
  const settings = listSettings(registry, config);
  const byPath = new Map(settings.map((each) => [each.path, each]));
  const roots = settings.flatMap(({ path }) => (path.includes('.') ? [] : [path]));
  check(config, '', roots, settings, byPath);
}

function check(
  value: object,
  at: string,
  allowed: readonly string[],
  settings: readonly Setting[],
  byPath: ReadonlyMap<string, Setting>,
): void {
  for (const [key, met] of Object.entries(value)) {
    const path = at ? `${at}.${key}` : key;
    const found = byPath.get(path);
    if (!allowed.includes(key)) throw unknownKey(path, key, met, at, allowed, settings);
    if (!found) continue;
    if (typeof met === 'string') checkWord(found, met);
    if (found.keys && typeof met === 'object' && met !== null && !Array.isArray(met))
      check(met, path, found.keys, settings, byPath);
  }
}

function unknownKey(
  path: string,
  key: string,
  met: unknown,
  at: string,
  allowed: readonly string[],
  settings: readonly Setting[],
): NeusimError {
  const here = suggestWord(key, allowed);
  const elsewhere = at ? undefined : settings.find((each) => each.path.endsWith(`.${key}`))?.path;
  const nearest = here === undefined ? elsewhere : at ? `${at}.${here}` : here;
  return new NeusimError(
    'CONFIG_INVALID',
    `config: ${path}: no such key; allowed ${at ? `below ${at}` : 'here'}: ${allowed.join(', ')}`,
    {
      data: { path, met, known: allowed, nearest },
      hint: nearest ? `did you mean "${nearest}"?` : hintFor(at, settings),
    },
  );
}

/** Options that belong to another name than the one that was set. */
function hintFor(at: string, settings: readonly Setting[]): string {
  const name = settings.find(({ path }) => path === `${at}.name`)?.value;
  if (name === undefined) return '`npx neusim list config` tells every key';
  const others =
    at === 'model' || at === 'dataset' ? `, or name one that has it: \`npx neusim list ${at}\`` : '';
  return `it is of another ${at} than ${name}: set the whole, ${at}={"name":"${name}"}${others}`;
}

function checkWord({ path, values, isClosed }: Setting, met: string): void {
  if (!isClosed || values.includes(met)) return;
  const nearest = suggestWord(met, values);
  throw new NeusimError(
    'CONFIG_INVALID',
    `config: ${path} = ${JSON.stringify(met)}; allowed: ${values.join(', ')}`,
    {
      data: { path, met, known: values, nearest },
      hint: nearest ? `did you mean "${nearest}"?` : `use one of them: ${path}=${values[0]}`,
    },
  );
}

/** Whatever the case of its letters. */
function suggestWord(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  return known.find((each) => each.toLowerCase() === lower) ?? suggest(word, known);
}
