/**
 * The head over the base classes, fitted on embeddings that stay as they are: what training by classes makes of it where the
 * backbone is frozen. Its weights [w; b] are those of the least
 *
 *   1/n·Σᵢ −log softmax(w·xᵢ/s + b)[labelᵢ] + λ/2·‖[w; b]‖²,   λ = 1e-4,
 *
 * s² being the mean of ‖xᵢ‖²: one answer, whatever the embeddings' scale. λ is ours. The head gets w/s and b.
 */
import { NeusimError } from '@neusim/registry';
import { breathe } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { BaseOptions, ClassBatch } from '../types';
import { minimise, type Slope, type Space } from './minimise';
import { dot, NORM_EPSILON } from './unit';

const DECAY = 1e-4;
/** Length of the gradient: the loss is of single precision. */
const CLOSE_ENOUGH = 1e-5;
const MOST_STEPS = 500;

const space: Space<Float64Array> = {
  product: dot,
  plus: (u, v, factor) => u.map((value, i) => value + factor * v[i]!),
  scaled: (u, factor) => u.map((value) => factor * value),
};

/** A batch of embeddings [b,features] and its labels [b]. */
interface Rows {
  readonly x: tf.Tensor2D;
  readonly labels: tf.Tensor1D;
}

/**
 * @param head whose weights are [1,1,features,classes], and biases [classes] where it has them: they are overwritten.
 * @param embed gives [b,features].
 * @throws NeusimError FEWSHOT_BASE_CLASSES where there is no image; the signal's reason.
 */
export async function fitBaseHead(
  head: layers.Layer,
  embed: (images: tf.Tensor4D) => tf.Tensor2D,
  batches: AsyncIterable<ClassBatch>,
  more: BaseOptions = {},
): Promise<void> {
  const [kernel, bias] = head.weights;
  const [features, classes] = kernel!.shape.slice(-2) as [number, number];
  const rows: Rows[] = [];
  try {
    let [count, energy] = [0, 0];
    for await (const { x, labels } of batches) {
      more.signal?.throwIfAborted();
      const row = { x: embed(x), labels: tf.cast(labels, 'int32') as tf.Tensor1D };
      rows.push(row);
      const values = await row.x.data();
      count += x.shape[0];
      energy += dot(values, values);
    }
    if (count === 0)
      throw new NeusimError('FEWSHOT_BASE_CLASSES', 'there is no base image to fit the head on', {
        hint: 'Give `fitBase` images of the base classes.',
      });
    const scale = Math.sqrt(energy / count + NORM_EPSILON);
    const size = features * classes;
    const look = slopes(rows, { features, classes, count, scale }, more.signal);
    const start = new Float64Array(size + (bias ? classes : 0));
    const options = { ...more, closeEnough: CLOSE_ENOUGH, mostSteps: MOST_STEPS };
    const found = await minimise(space, look, start, options);
    tf.tidy(() => {
      const values = Float32Array.from(found.subarray(0, size), (value) => value / scale);
      kernel!.write(tf.tensor(values, kernel!.shape as number[]));
      bias?.write(tf.tensor1d(Float32Array.from(found.subarray(size))));
    });
  } finally {
    for (const { x, labels } of rows) tf.dispose([x, labels]);
  }
}

/**
 * The objective at w [features·classes], and b [classes] where there is one. Batches are summed outside of the engine: in double
 * precision, and with no more than one batch's logits and gradient in its memory.
 */
function slopes(
  rows: readonly Rows[],
  {
    features,
    classes,
    count,
    scale,
  }: {
    readonly features: number;
    readonly classes: number;
    readonly count: number;
    readonly scale: number;
  },
  signal: AbortSignal | undefined,
): (at: Float64Array) => Promise<Slope<Float64Array>> {
  const size = features * classes;
  const pause = breathe();
  return async (at) => {
    const biases = new Float32Array(classes);
    biases.set(at.subarray(size));
    const w = tf.tensor2d(
      Float32Array.from(at.subarray(0, size), (value) => value / scale),
      [features, classes],
    );
    const b = tf.tensor1d(biases);
    const sums = new Float64Array(1 + size + classes);
    try {
      for (const row of rows) {
        signal?.throwIfAborted();
        const own = sumsOf(row, w, b);
        const values = await own.data().finally(() => own.dispose());
        for (let i = 0; i < sums.length; i++) sums[i]! += values[i]!;
        await pause();
      }
    } finally {
      tf.dispose([w, b]);
    }
    return {
      value: sums[0]! / count + (DECAY / 2) * dot(at, at),
      gradient: at.map((weight, i) => sums[i + 1]! / (count * (i < size ? scale : 1)) + DECAY * weight),
    };
  };
}

/** Of a batch the loss, and its slopes in the weights [features·classes] and in the biases [classes]. */
const sumsOf = ({ x, labels }: Rows, w: tf.Tensor2D, b: tf.Tensor1D): tf.Tensor1D =>
  tf.tidy(() => {
    const wanted = tf.oneHot(labels, b.size, 1, 0, 'float32');
    const logs = tf.logSoftmax(tf.add(tf.matMul(x, w), b)) as tf.Tensor2D;
    const error = tf.sub(tf.exp(logs), wanted) as tf.Tensor2D;
    return tf.concat1d([
      tf.reshape(tf.neg(tf.sum(tf.mul(wanted, logs))), [1]),
      tf.reshape(tf.matMul(x, error, true), [w.size]),
      tf.sum<tf.Tensor1D>(error, 0),
    ]);
  });
