// Every key that a config may have, from its schema and from those of the data set, model and parts that it names.

import { partSchema, splitPart } from '@neusim/models';
import { type AnyRegistry, isKind } from '@neusim/registry';
import { configSchema } from '@neusim/train';
import { describe, type Keys, keysOf, typeOf, valuesOf } from './schema';

/** One key of a config. */
export interface Setting {
  /** `optimizer.learningRate` */
  readonly path: string;
  readonly type: string;
  /** Undefined where there is none. */
  readonly default: unknown;
  /** What stands in the config; else the default. */
  readonly value: unknown;
  /** The words it may be; empty where it is no word. */
  readonly values: readonly string[];
  /** Whether it may be nothing but these words, or an object. */
  readonly isClosed: boolean;
  /** Keys below it; undefined where it has none, or any may be. */
  readonly keys: readonly string[] | undefined;
  readonly about: string;
}

/** Keys that tell a part's options from one another stand in the place of its name. */
const NAME = 'name';

/**
 * The keys of a config, in the schema's order, those of objects before their own.
 * @param config as it is written: it says which optimizer, data set and model there are.
 */
export function listSettings(registry: AnyRegistry, config: Readonly<Record<string, unknown>>): Setting[] {
  return below(registry, keysOf(configSchema, config) as Keys, config, '');
}

function below(registry: AnyRegistry, { entries, variant }: Keys, value: unknown, at: string): Setting[] {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const names = variant ? [variant.key, ...Object.keys(entries)] : Object.keys(entries);
  return [...new Set(names)].flatMap((name) => {
    const path = at ? `${at}.${name}` : name;
    if (variant?.key === name) {
      const { key, values } = variant;
      const type = values.join(' | ');
      const value = given[key];
      return [{ path, type, default: undefined, value, values, isClosed: true, keys: undefined, about: '' }];
    }
    return setting(registry, name, path, entries[name], given[name]);
  });
}

function setting(
  registry: AnyRegistry,
  name: string,
  path: string,
  entry: unknown,
  given: unknown,
): Setting[] {
  const { schema, default: fallback, about } = describe(entry);
  const value = given ?? fallback;
  const part = schema === partSchema && isKind(name) ? partKeys(registry, name, value) : undefined;
  const keys = part?.keys ?? keysOf(schema, value);
  const { words, isClosed } = part ?? valuesOf(schema);
  const own: Setting = {
    path,
    type: part ? `${name}: a name, or { name, … }` : typeOf(schema),
    default: fallback,
    value,
    values: words,
    isClosed: part === undefined && isClosed,
    keys: keys && [...new Set([...(keys.variant ? [keys.variant.key] : []), ...Object.keys(keys.entries)])],
    about: about || (part ? `\`neusim list ${name}\` names them` : ''),
  };
  return [own, ...(keys ? below(registry, keys, value, path) : [])];
}

/** Names and options of a data set, model or part. */
function partKeys(registry: AnyRegistry, kind: Parameters<AnyRegistry['list']>[0] & string, value: unknown) {
  const words = registry.list(kind).map((each) => each.name);
  const isPart = typeof value === 'string' || typeof (value as { name?: unknown } | null)?.name === 'string';
  const { name } = isPart ? splitPart(value as string) : { name: '' };
  const found = registry.has(kind, name)
    ? keysOf(describe(registry.schema(kind, name)).schema, value)
    : undefined;
  const keys: Keys | undefined = found && {
    entries: found.entries,
    variant: { key: NAME, values: words },
  };
  return { words, isClosed: false, keys };
}
