/** Between a checkpoint's tensors and a live run's. */
import type { StepState, WeightInfo } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from '../optimizer';
import type { RunConfig } from '../run-config';
import type { StoredTensor } from './format';

/** Every weight, trainable or not, then the optimiser's state. */
export async function readState(
  weights: readonly WeightInfo[],
  optimizer: Pick<Optimizer, 'slots'>,
): Promise<StoredTensor[]> {
  const stored: StoredTensor[] = [];
  for (const { name, read } of liveTensors(weights, optimizer)) {
    const tensor = read();
    const { shape, dtype } = tensor;
    const values = (await tensor.data()) as Float32Array | Int32Array;
    stored.push({ name, shape, dtype: dtype as StoredTensor['dtype'], values });
  }
  return stored;
}

/** Puts a checkpoint's tensors in place. @throws NeusimError CHECKPOINT_MISMATCH where they are another network's. */
export function restoreState(
  path: string,
  tensors: readonly StoredTensor[],
  weights: readonly WeightInfo[],
  optimizer: Pick<Optimizer, 'slots'>,
): void {
  const live = liveTensors(weights, optimizer);
  const form = (t: (Pick<StoredTensor, 'name' | 'shape'> & { dtype: string }) | undefined) =>
    t ? `${t.name} ${t.dtype}[${t.shape}]` : 'nothing';
  for (let i = 0; i < Math.max(live.length, tensors.length); i++) {
    const here = live[i];
    const { shape = [], dtype = '' } = here?.read() ?? {};
    const wanted = form(here && { name: here.name, shape, dtype });
    if (form(tensors[i]) !== wanted)
      throw mismatch(path, `tensor ${i} is ${form(tensors[i])}, but this network has ${wanted}`, {
        index: i,
        met: form(tensors[i]),
        wanted,
      });
  }
  for (const [index, { write }] of live.entries()) {
    const { values, shape, dtype } = tensors[index] as StoredTensor;
    write(tf.tensor(values, [...shape], dtype));
  }
}

/**
 * @param curve the part of a config that its curve depends on.
 * @throws NeusimError CHECKPOINT_MISMATCH for a config that would give another curve, with `data` { path, here, there }
 *   of the first key that differs, or one whose `steps` the checkpoint has passed.
 */
export function requireSameRun<C extends RunConfig>(
  path: string,
  config: C,
  { config: saved, step }: { readonly config: C; readonly step: number },
  curve: (config: C) => object,
): void {
  const difference = firstDifference(curve(config), curve(saved), '');
  if (!difference) {
    if (config.steps >= step) return;
    throw mismatch(path, `steps is ${config.steps} here, and the checkpoint is of step ${step}`, {
      path: 'steps',
      here: config.steps,
      there: step,
    });
  }
  const { at, here, there } = difference;
  throw mismatch(
    path,
    `${at} is ${JSON.stringify(here)} here, and ${JSON.stringify(there)} in the checkpoint`,
    {
      path: at,
      here,
      there,
    },
    at === 'steps' ? COSINE : SAME_CONFIG,
  );
}

export interface LiveTensor extends StepState {
  readonly name: string;
}

/** Every tensor of a run that lives from step to step, in a fixed order. */
export function liveTensors(
  weights: readonly WeightInfo[],
  optimizer: Pick<Optimizer, 'slots'>,
): LiveTensor[] {
  return [
    ...weights.map(({ name, variable }) => ({
      name,
      read: () => variable.read(),
      write(value: tf.Tensor) {
        variable.write(value);
        value.dispose();
      },
    })),
    ...optimizer.slots.map((slot) => ({
      name: slot.name,
      read: () => slot.tensor,
      write(value: tf.Tensor) {
        slot.tensor.dispose();
        slot.tensor = value;
      },
    })),
  ];
}

interface Difference {
  readonly at: string;
  readonly here: unknown;
  readonly there: unknown;
}

function firstDifference(here: unknown, there: unknown, at: string): Difference | undefined {
  if (typeof here !== 'object' || typeof there !== 'object' || here === null || there === null)
    return here === there ? undefined : { at, here, there };
  for (const key of new Set([...Object.keys(here), ...Object.keys(there)])) {
    const inner = (value: object) => (value as Record<string, unknown>)[key];
    const found = firstDifference(inner(here), inner(there), at ? `${at}.${key}` : key);
    if (found) return found;
  }
  return undefined;
}

const COSINE =
  'A cosine schedule depends on the number of steps: another number is another curve from the first step on. Resume with the same number, or start a new run.';
const SAME_CONFIG = 'Resume with the config that the run was started with (config.json in its folder).';

function mismatch(
  path: string,
  what: string,
  data: Record<string, unknown>,
  hint = SAME_CONFIG,
): NeusimError {
  return new NeusimError('CHECKPOINT_MISMATCH', `${path} is of another run: ${what}`, {
    data: { file: path, ...data },
    hint,
  });
}
