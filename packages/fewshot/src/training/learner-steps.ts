/**
 * What a step of training reads and computes, by the learner's way to train: the mean gradient of some episodes, or that of
 * a batch of base classes. It depends on the config and the step's number alone.
 */
import { describeWeights, variableGradients } from '@neusim/core';
import {
  batchIndices,
  type ClassPool,
  drawEpisode,
  type EpisodeOptions,
  random,
  readEpisode,
  readPool,
  streams,
} from '@neusim/datasets';
import type { StepResult } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import { labelsOf } from '../evaluation/score-episodes';
import type { ClassBatch, Learner, Task, Training } from '../types';
import type { FewShotConfig } from './config';

interface Values {
  readonly values: Float32Array;
  /** [n, …] */
  readonly shape: readonly number[];
}

/** An episode's images. */
interface EpisodeInputs {
  /** Of what its loss draws. */
  readonly seed: number;
  readonly support: Values;
  readonly query: Values;
}

/** Images of base classes. */
export interface BatchInputs extends Values {
  readonly labels: Int32Array;
}

/** What a step is computed of. */
export type StepInputs =
  | { readonly by: 'classes'; readonly batch: BatchInputs }
  | { readonly by: 'episodes'; readonly tasks: readonly EpisodeInputs[] };

export interface LearnerSteps {
  read(step: number): Promise<StepInputs>;
  /** Loss and mean gradients; the caller disposes of them. */
  compute(inputs: StepInputs): StepResult;
  /** The same of a batch's tensors. */
  computeBatch(batch: ClassBatch): StepResult;
  /** Images of step `step`. */
  images(step: number): number;
}

/** The form of a config's training episodes. */
export function trainingForm({ episodes, seed }: FewShotConfig): EpisodeOptions {
  const { way, shot, query, within, minImages } = episodes;
  return { way, shot, query, seed, within, minImages };
}

/** @param pool that is trained on. */
export function learnerSteps(config: FewShotConfig, learner: Learner, pool: ClassPool): LearnerSteps {
  const { episodes, steps, seed, transform, normalize, augment, batchSize } = config;
  const { training, model } = learner;
  const form = trainingForm(config);
  const variables = describeWeights(model)
    .filter(({ trainable }) => trainable)
    .map(({ variable }) => variable.read() as tf.Variable);
  const gradients = (loss: () => tf.Scalar): StepResult =>
    tf.tidy(() => {
      const { value, grads } = variableGradients(
        () => model.calculateLosses().reduce<tf.Scalar>((sum, own) => tf.add(sum, own), loss()),
        variables,
      );
      return { loss: value, grads };
    });
  const reading = (index: number) => ({ transform, normalize, augment, seed, step: index });
  const isOfClasses = (step: number) => drawsClasses(training, seed, step, steps);

  const readBatch = async (step: number): Promise<BatchInputs> => {
    const indices = batchIndices(pool, step, config);
    const labels = Int32Array.from(indices, (index) => pool.labels[index]!);
    return { ...(await readPool(pool, indices, reading(step))), labels };
  };
  const computeBatch = (batch: ClassBatch) => gradients(() => classLoss(training)(batch));
  const computeTask = (inputs: EpisodeInputs): StepResult => {
    const task = taskOf(inputs, form);
    try {
      return gradients(() => (training as Extract<Training, { by: 'episodes' }>).loss(task));
    } finally {
      tf.dispose([task.support.x, task.query.x]);
    }
  };
  return {
    async read(step) {
      if (isOfClasses(step)) return { by: 'classes', batch: await readBatch(step) };
      const numbers = Array.from({ length: episodes.tasks }, (_, i) => step * episodes.tasks + i);
      const tasks = numbers.map(async (n) => ({
        seed: random(seed, streams.taskDraws, n)(),
        ...(await readEpisode(pool, drawEpisode(pool, form, n), reading(n))),
      }));
      return { by: 'episodes', tasks: await Promise.all(tasks) };
    },
    compute(inputs) {
      if (inputs.by === 'episodes') return meanOf(inputs.tasks, computeTask);
      const { values, shape, labels } = inputs.batch;
      const batch = {
        x: tf.tensor<tf.Rank>(values, [...shape]) as tf.Tensor4D,
        labels: tf.tensor1d(labels, 'int32'),
      };
      try {
        return computeBatch(batch);
      } finally {
        tf.dispose([batch.x, batch.labels]);
      }
    },
    computeBatch,
    images: (step) => (isOfClasses(step) ? batchSize : episodes.tasks * form.way * (form.shot + form.query)),
  };
}

/** Whether a step is one on base classes. */
function drawsClasses(training: Training, seed: number, step: number, steps: number): boolean {
  if (training.by !== 'episodes') return true;
  if (!training.auxiliary) return false;
  const draw = random(seed, streams.auxiliaryStep, step)() / 2 ** 32;
  return draw < training.auxiliary.probability(step, steps);
}

function classLoss(training: Training): (batch: ClassBatch) => tf.Scalar {
  const own = training.by === 'episodes' ? training.auxiliary : training;
  return (own as Extract<Training, { by: 'classes' }>).loss;
}

function taskOf({ seed, support, query }: EpisodeInputs, { way, shot, query: asked }: EpisodeOptions): Task {
  const examples = ({ values, shape }: Values, each: number) => ({
    x: tf.tensor(values, [...shape]),
    labels: labelsOf(way, each),
  });
  return { way, seed, support: examples(support, shot), query: examples(query, asked) };
}

/** One after the other, so that the memory is that of one. */
function meanOf<T>(items: readonly T[], compute: (item: T) => StepResult): StepResult {
  const [first, ...others] = items;
  let sum = compute(first as T);
  for (const item of others) {
    const next = compute(item);
    const whole = tf.tidy(() => ({
      loss: tf.add<tf.Scalar>(sum.loss, next.loss),
      grads: added(sum.grads, next.grads),
    }));
    tf.dispose([sum.loss, sum.grads, next.loss, next.grads] as unknown as tf.TensorContainer);
    sum = whole;
  }
  if (others.length === 0) return sum;
  const share = 1 / items.length;
  const mean = tf.tidy(() => ({
    loss: tf.mul<tf.Scalar>(sum.loss, share),
    grads: Object.fromEntries(Object.entries(sum.grads).map(([name, grad]) => [name, tf.mul(grad, share)])),
  }));
  tf.dispose([sum.loss, sum.grads] as unknown as tf.TensorContainer);
  return mean;
}

/** A weight that one of the losses does not read has no gradient there. */
function added(a: tf.NamedTensorMap, b: tf.NamedTensorMap): tf.NamedTensorMap {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    Array.from(names, (name) => {
      const [here, there] = [a[name], b[name]];
      return [name, here && there ? tf.add(here, there) : tf.clone((here ?? there) as tf.Tensor)];
    }),
  );
}
