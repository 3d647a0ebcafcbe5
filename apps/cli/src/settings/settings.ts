// Every key that a config may have, from its schema and from those of the data set, model and parts that it names.

import { fewShotConfigSchema } from '@neusim/fewshot';
import { partSchema, splitPart } from '@neusim/models';
import { type AnyRegistry, isKind } from '@neusim/registry';
import { configSchema, setConfigValue } from '@neusim/train';
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
  return below(registry, keysOf(schemaOf(config), config) as Keys, config, undefined, '');
}

/** A config of few-shot learning names its method. */
const schemaOf = (config: object) => ('method' in config ? fewShotConfigSchema : configSchema);

function below(
  registry: AnyRegistry,
  { entries, variant }: Keys,
  value: unknown,
  fallback: unknown,
  at: string,
): Setting[] {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const names = variant ? [variant.key, ...Object.keys(entries)] : Object.keys(entries);
  return [...new Set(names)].flatMap((name) => {
    const path = at ? `${at}.${name}` : name;
    if (variant?.key === name) {
      const { key, values } = variant;
      const type = values.join(' | ');
      const usual = (fallback as Record<string, unknown> | undefined)?.[key];
      const more = { default: usual, value: given[key], values, isClosed: true, keys: undefined };
      return [{ path, type, about: at ? `which ${at} it is` : '', ...more }];
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
  return [own, ...(keys ? below(registry, keys, value, fallback, path) : [])];
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

/** The same with the keys of every form: those of an optimizer or a schedule that is not chosen too. */
export function listAllSettings(registry: AnyRegistry): Setting[] {
  const chosen = listSettings(registry, {});
  const paths = new Set(chosen.map(({ path }) => path));
  const others = chosen.flatMap(({ path, isClosed, values, value }) => {
    const root = path.replace(/\.name$/, '');
    if (!isClosed || root === path) return [];
    return values
      .filter((name) => name !== value)
      .flatMap((name) =>
        listSettings(registry, setConfigValue({}, path, name))
          .filter((each) => !paths.has(each.path))
          .map((each) => ({ ...each, about: `${each.about} (${root} ${name})` })),
      );
  });
  const order = chosen.map(({ path }) => rootOf(path));
  return [...chosen, ...others].sort((a, b) => order.indexOf(rootOf(a.path)) - order.indexOf(rootOf(b.path)));
}

const rootOf = (path: string) => path.split('.')[0] as string;
