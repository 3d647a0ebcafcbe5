/** Starting an engine: by name, or the best that runs here. */

import { type AnyRegistry, NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { Backend, Probe } from './backend';
import { BatchNorm } from './layers/batch-norm';
import { NeuralSimilarityConv2D } from './layers/neural-similarity-conv2d';
import { registerLayer } from './layers/register-layer';
import { closeStockGradients } from './seam/stock-gradients';

export interface StartedBackend {
  readonly name: string;
  readonly adapter: string;
  /** Why this engine; with `auto`, also why not those before it. */
  readonly reason: string;
}

/** What engines were started with. */
const given = new Map<string, object>();

/** The options that `startBackend` last started the engine `name` with, so that a worker can start one like it. */
export function backendOptions(name: string): object | undefined {
  return given.get(name);
}

/**
 * Starts an engine and makes it tfjs's current backend, with all gradients registered.
 * @param name the name of a `backend` in the registry, that of any backend registered with tfjs (`webgl`, say: it
 *   runs the seam's composed kernels), or `auto`: the registry's engines by priority, the next where one fails.
 * @param options of the definition `name` in the registry; none for `auto` and for backends of tfjs.
 * @throws NeusimError BACKEND_UNKNOWN, BACKEND_UNAVAILABLE (with each engine's reason), BACKEND_FAILED,
 *   BACKEND_OPTIONS for options where none can be given, and what the definition's schema refuses.
 */
export async function startBackend(
  registry: AnyRegistry,
  name = 'auto',
  options?: object,
): Promise<StartedBackend> {
  closeStockGradients();
  registerLayer(NeuralSimilarityConv2D);
  registerLayer(BatchNorm);
  const isDefined = name !== 'auto' && registry.has('backend', name);
  if (options && !isDefined)
    throw new NeusimError(
      'BACKEND_OPTIONS',
      `the backend '${name}' takes no options: ${JSON.stringify(options)}`,
      {
        data: { name, options },
        hint: "Name an engine of the registry, such as 'wasm', to give it options.",
      },
    );
  if (name === 'auto') return startBest(registry);
  if (isDefined) {
    const backend = await make(registry, name, options);
    const probe = await backend.probe();
    if (!probe.available)
      throw unavailable(`${name} does not run here: ${probe.reason}`, [`${name}: ${probe.reason}`]);
    await backend.start();
    await use(name);
    if (options) given.set(name, options);
    else given.delete(name);
    return { name, adapter: probe.adapter, reason: probe.reason };
  }
  if (!tf.engine().registryFactory[name]) {
    const known = [
      ...registry.list('backend').map((b) => b.name),
      ...Object.keys(tf.engine().registryFactory),
    ];
    throw new NeusimError('BACKEND_UNKNOWN', `no backend '${name}'`, {
      data: { name, known: [...new Set(known)] },
      hint: `Known: auto, ${[...new Set(known)].join(', ')}. Others: import their tfjs package first.`,
    });
  }
  await use(name);
  return { name, adapter: name, reason: "registered with tfjs; runs the seam's composed kernels" };
}

async function startBest(registry: AnyRegistry): Promise<StartedBackend> {
  const names = registry.list('backend').map((entry) => entry.name);
  const backends = await Promise.all(names.map(async (name) => candidate(name, await make(registry, name))));
  const refused: string[] = [];
  for (;;) {
    const next = backends.sort((a, b) => b.priority - a.priority).shift();
    if (!next)
      throw unavailable(`no engine runs here: ${refused.join('; ') || 'the registry has none'}`, refused);
    const { name, backend } = next;
    const probe = next.probe ?? (await backend.probe());
    if (!next.probe && probe.available && probe.priority !== undefined) {
      // What was found belongs elsewhere in the order than the engine does.
      backends.push({ ...next, probe, priority: probe.priority });
      continue;
    }
    const failure = probe.available ? await failureOf(name, backend) : probe.reason;
    if (failure === null) {
      const behind = backends.flatMap((other) => (other.probe ? `${other.name}: ${other.probe.reason}` : []));
      const others = [...refused, ...behind].map((why) => `not ${why}`);
      return { name, adapter: probe.adapter, reason: [probe.reason, ...others].join('; ') };
    }
    refused.push(`${name}: ${failure}`);
  }
}

interface Candidate {
  readonly name: string;
  readonly backend: Backend;
  readonly priority: number;
  readonly probe?: Probe;
}

const candidate = (name: string, backend: Backend): Candidate => ({
  name,
  backend,
  priority: backend.priority,
});

/** Why an engine did not start, or null where it has. */
async function failureOf(name: string, backend: Backend): Promise<string | null> {
  try {
    await backend.start();
    await use(name);
    given.delete(name);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

async function make(registry: AnyRegistry, name: string, options?: object): Promise<Backend> {
  await registry.ready(`backend:${name}`);
  return registry.make('backend', name, options) as Backend;
}

async function use(name: string): Promise<void> {
  const started = await tf.setBackend(name).catch(() => false);
  if (!started)
    throw new NeusimError('BACKEND_FAILED', `tfjs could not initialise the backend '${name}'`, {
      data: { name },
      hint: 'The console may hold the reason; `npx neusim doctor` probes every engine.',
    });
  await tf.ready();
  closeStockGradients();
}

function unavailable(message: string, reasons: string[]): NeusimError {
  return new NeusimError('BACKEND_UNAVAILABLE', message, {
    data: { reasons },
    hint: "Pass an engine's plug-in to createRegistry, such as @neusim/backend-wasm.",
  });
}
