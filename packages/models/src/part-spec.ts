/** A similarity, shape or predictor in a config: its name, or its name with options. */
import { type AnyRegistry, type Kind, NeusimError } from '@neusim/registry';
import * as v from 'valibot';

/** `'static-uns'`, or `{ name: 'static-uns', l2: 0 }`. */
export type PartSpec = string | { readonly name: string; readonly [option: string]: unknown };

/** Schema of a `PartSpec`. */
export const partSchema = v.union(
  [v.string(), v.looseObject({ name: v.string() })],
  'expected a name, or an object with a name and options',
);

/** Name and options apart; a name alone has none: `{}`. */
export function splitPart(spec: PartSpec): { name: string; options: Record<string, unknown> } {
  if (typeof spec === 'string') return { name: spec, options: {} };
  const { name, ...options } = spec;
  return { name, options };
}

/**
 * The part that a spec names, in a config where it stands under its kind's name.
 * @throws NeusimError REGISTRY_UNKNOWN_NAME, CONFIG_INVALID with the path of a bad option.
 */
export function makePart<T>(registry: AnyRegistry, kind: Kind, spec: PartSpec): T {
  const { name, options } = splitPart(spec);
  return inPath(kind, () => registry.make(kind, name, options) as T);
}

/** A spec with those of the network's `defaults` (its seed, say) that are options of the part and that it leaves open. */
export function withDefaults(
  registry: AnyRegistry,
  kind: Kind,
  spec: PartSpec,
  defaults: Readonly<Record<string, unknown>>,
): PartSpec {
  const { name, options } = splitPart(spec);
  const open = Object.entries(defaults).filter(([option, value]) =>
    takes(registry, kind, name, { [option]: value, ...options }),
  );
  return { name, ...Object.fromEntries(open), ...options };
}

function takes(registry: AnyRegistry, kind: Kind, name: string, options: object): boolean {
  try {
    registry.parse(kind, name, options);
    return true;
  } catch {
    return false;
  }
}

/** What `work` returns; the path in its CONFIG_INVALID error, if any, then begins at `path`. */
export function inPath<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof NeusimError) || cause.code !== 'CONFIG_INVALID') throw cause;
    const inner = String(cause.data.path ?? '');
    const whole = inner === '' || inner.startsWith('[') ? path + inner : `${path}.${inner}`;
    const data = { ...cause.data, path: whole };
    // A schema's hint names the path within the part; any other says how to mend it.
    const hint = cause.data.issues || !cause.hint ? `correct ${whole}` : cause.hint;
    throw new NeusimError('CONFIG_INVALID', cause.message, { data, hint });
  }
}
