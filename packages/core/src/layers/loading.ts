/**
 * How a layer's parts are saved and made again. tfjs-layers gives a layer's `fromConfig` no context and does not
 * wait for anything, so `loadModel` loads the parts first and marks each saved one with the registry to use.
 */
import { type AnyRegistry, type Kind, NeusimError, originOf } from '@neusim/registry';
import type { Part } from '../parts';

/**
 * A part as a saved config keeps it: its name, version, options and plug-in (`name@version`) as JSON text under `name`,
 * the only key whose text tfjs-layers leaves alone.
 */
export interface SavedPart {
  readonly name: string;
  /** Set while a model is loaded: names an entry of `registries`. */
  readonly registry?: { readonly name: string };
}

const registries = new Map<string, AnyRegistry>();
let loads = 0;

/** The keys under which a layer's config may hold a part, each the kind of the part. */
const partKinds: readonly Kind[] = ['similarity', 'shape', 'predictor', 'operator'];

/** Version and plug-in are those of the definition that a registry made the part from, where one has. */
export function savePart(part: Part): SavedPart {
  const { name, options } = part;
  const origin = originOf(part);
  const version = part.version ?? origin?.version;
  const plugin = origin && `${origin.plugin.name}@${origin.plugin.version}`;
  return { name: JSON.stringify({ name, version, options, plugin }) };
}

/**
 * Makes a saved part with the registry of the `loadModel` in progress.
 * @throws NeusimError MODEL_NEEDS_REGISTRY outside `loadModel`, MODEL_CORRUPT where nothing or something else was saved,
 *   REGISTRY_UNKNOWN_NAME, REGISTRY_VERSION.
 */
export function restorePart(kind: Kind, saved: SavedPart | undefined): unknown {
  if (!saved) throw corrupt(`a layer's ${kind} is missing`, { kind });
  const registry = saved.registry && registries.get(saved.registry.name);
  if (!registry)
    throw new NeusimError('MODEL_NEEDS_REGISTRY', 'a NeuSim layer cannot be loaded by tfjs alone', {
      data: { kind, saved: saved.name },
      hint: "Use loadModel(registry, source) from '@neusim/core' in place of tf.loadLayersModel.",
    });
  const { name, options } = parsePart(saved);
  return registry.make(kind, name, options);
}

/** What `find` returns; where the registry lacks a part that a plug-in was saved with, the error names the plug-in. */
function fromPlugin<T>({ plugin }: NamedPart, find: () => T): T {
  try {
    return find();
  } catch (cause) {
    const isMissing = cause instanceof NeusimError && /^REGISTRY_(UNKNOWN_NAME|VERSION)$/.test(cause.code);
    if (!isMissing || plugin === undefined) throw cause;
    const [name = plugin] = plugin.split(/(?<=.)@/);
    throw new NeusimError(cause.code, `${cause.message}; the model was saved with that of ${plugin}`, {
      data: { ...cause.data, plugin },
      hint: `npm install ${plugin}, and give the registry the plug-in ${name}`,
      cause,
    });
  }
}

/**
 * Loads every part that a model's JSON names, and runs `build` with a copy of the JSON from which they can be made.
 */
export async function withParts<T>(
  registry: AnyRegistry,
  topology: object,
  build: (marked: object) => Promise<T>,
): Promise<T> {
  const token = `load-${++loads}`;
  const copy = structuredClone(topology);
  const parts = markParts(copy, token);
  for (const part of parts) fromPlugin(part, () => registry.version(part.kind, part.name));
  await registry.ready(...parts.map(({ kind, name }) => `${kind}:${name}` as const));
  // Predictors and operators are saved as their layers: making them makes the layers' classes known.
  for (const { kind, name, options } of parts)
    if (kind === 'predictor' || kind === 'operator') registry.make(kind, name, options);
  registries.set(token, registry);
  try {
    return await build(copy);
  } finally {
    registries.delete(token);
  }
}

interface NamedPart {
  readonly kind: Kind;
  readonly name: string;
  readonly options: unknown;
  /** `name@version` of the plug-in it came with. */
  readonly plugin: string | undefined;
}

function markParts(json: unknown, token: string): NamedPart[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => {
    const kind = partKinds.find((k) => k === key);
    if (!kind || !isSavedPart(value)) return markParts(value, token);
    Object.assign(value, { registry: { name: token } });
    return [{ kind, ...parsePart(value) }];
  });
}

function isSavedPart(value: unknown): value is SavedPart {
  return typeof value === 'object' && value !== null && typeof (value as SavedPart).name === 'string';
}

function parsePart(saved: SavedPart): Omit<NamedPart, 'kind'> {
  try {
    const { name, version, options, plugin } = JSON.parse(saved.name) as Record<string, unknown>;
    if (typeof name === 'string')
      return {
        name: version === undefined ? name : `${name}@${version}`,
        options,
        plugin: typeof plugin === 'string' ? plugin : undefined,
      };
  } catch {
    // answered below, with what was met
  }
  throw corrupt(`${JSON.stringify(saved.name)} is not a saved part`, { saved: saved.name });
}

function corrupt(message: string, data: Record<string, unknown>): NeusimError {
  return new NeusimError('MODEL_CORRUPT', message, {
    data,
    hint: 'The model file was altered, or written by something else.',
  });
}
