/**
 * Adapting some weights of a network with a fresh head: softmax cross-entropy on the support, by `Adaptation`'s steps. The
 * network runs in inference, so that its running statistics stand, and nothing of the learner's is written: the classifier
 * has copies of what moves.
 */
import type { WeightInfo } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { embeddingSize, embeddings } from '../backbones/backbone';
import { autoRate, embeddingRows, type HeadForm, headLogits, headStart } from '../heads/head';
import { headTensors } from '../heads/linear-head';
import type { Fit } from '../heads/refit';
import { crossEntropy } from '../losses';
import { type Adaptation, adapt, gradientShare } from './adaptation';
import { innerGradients, withWeights } from './functional';

export interface NetworkAdaptation {
  readonly backbone: LayersModel;
  /** Those of the backbone's that move besides the head. */
  readonly weights: readonly WeightInfo[];
  readonly head: HeadForm;
  /** `networkRate`: a factor on the learning rate of `weights`. */
  readonly adaptation: Adaptation & { readonly networkRate: number };
}

/** The head's weights and what it has for each class, then a tensor for each of the weights. */
type Tensors = [tf.Tensor2D, tf.Tensor1D, ...tf.Tensor[]];

/** Of images [n,H,W,C] before anything has adapted, so many at a time. */
async function rowsOf(
  images: tf.Tensor,
  backbone: LayersModel,
  head: HeadForm,
  batch = 64,
): Promise<Float64Array[]> {
  const rows: Float64Array[] = [];
  for (let from = 0; from < images.shape[0]!; from += batch) {
    const size = Math.min(batch, images.shape[0]! - from);
    const embedded = tf.tidy(() => embeddings(backbone, tf.slice(images, from, size)));
    rows.push(...(await embeddingRows(head, embedded).finally(() => embedded.dispose())));
  }
  return rows;
}

/** On images [n,H,W,C]. */
export const networkFit =
  ({ backbone, weights, head, adaptation }: NetworkAdaptation): Fit =>
  async (support, way, options) => {
    const logits = (images: tf.Tensor, [kernel, perClass, ...copies]: Tensors) => {
      const replaced = new Map(weights.map(({ variable }, i) => [variable, copies[i] as tf.Tensor]));
      return withWeights(backbone, replaced, () =>
        headLogits(head, embeddings(backbone, images), kernel, perClass),
      );
    };
    const learningRate =
      adaptation.learningRate === 'auto'
        ? autoRate(head, await rowsOf(support.x, backbone, head))
        : adaptation.learningRate;
    const start = headTensors(headStart(head, way, embeddingSize(backbone), options.seed ?? 0));
    const copies = weights.map(({ variable }) => tf.keep(tf.clone(variable.read())));
    let tensors: Tensors = [...start, ...copies];
    let velocities: tf.Tensor[] = tensors.map((each) => tf.zerosLike(each));
    const rates = tensors.map((_, i) => {
      if (i === 1 && head.kind === 'cosine' && head.norm === 'one') return 0;
      const weight = weights[i - 2];
      const scale = weight ? weight.learningRateScale * adaptation.networkRate : 1;
      return learningRate * scale;
    });
    const step = (batch: Uint32Array, share: number) =>
      tf.tidy(() => {
        const images = tf.gather(support.x, tf.tensor1d(Int32Array.from(batch), 'int32'));
        const labels = Int32Array.from(batch, (place) => support.labels[place]!);
        const loss = (at: readonly tf.Tensor[]) => crossEntropy(labels, logits(images, at as Tensors));
        const gradients = innerGradients(loss, tensors, 1);
        const { momentum, weightDecay } = adaptation;
        const next = tensors.map((each, i) => {
          const penalty = tf.mul(each, weightDecay);
          const gradient = gradients[i] ? tf.add(gradients[i], penalty) : penalty;
          const velocity = tf.add(tf.mul(velocities[i]!, momentum), tf.mul(gradient, share));
          return { velocity, tensor: tf.sub(each, tf.mul(velocity, rates[i]!)) };
        });
        return {
          tensors: next.map(({ tensor }) => tensor),
          velocities: next.map(({ velocity }) => velocity),
        };
      });
    try {
      await adapt(support.labels.length, adaptation, options, (batch, number) => {
        const next = step(batch, gradientShare(adaptation, number));
        tf.dispose([tensors, velocities]);
        tensors = next.tensors as Tensors;
        velocities = next.velocities;
      });
    } catch (error) {
      tf.dispose(tensors);
      throw error;
    } finally {
      tf.dispose(velocities);
    }
    return {
      predict: (x) => tf.tidy(() => logits(x, tensors)),
      dispose: () => tf.dispose(tensors),
    };
  };
