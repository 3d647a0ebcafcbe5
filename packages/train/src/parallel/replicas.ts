/**
 * The owner's side: a model whose copies in the workers take its training steps, each on its part of the batch. The
 * owner keeps the weights and their optimiser; of every step it gets one sum of gradients, added up in the order of
 * the ranks, so that one seed and one number of workers give one curve.
 */
import { backendOptions, describeWeights, type WeightInfo } from '@neusim/core';
import type { Batch } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { TrainConfig } from '../config';
import { Moved } from '../pool/messages';
import type { Pool } from '../pool/pool';
import type { Score, Scorer } from '../score';
import type { StepResult } from '../training-step';
import { layoutOf, lengthOf, type Place, partOf, readWeights, tensorAt } from './layout';
import type { Cargo, OpenItem, StepAnswer, StepItem } from './replica';

export interface Replicas extends Scorer {
  /** Gives the copies the model's weights of now. */
  load(): Promise<void>;
  /**
   * Loss and gradients of the whole batch, at the model's weights of now; running statistics move in the model. The
   * caller disposes of what it gets.
   */
  step(batch: Batch, options: Pick<TrainConfig, 'loss' | 'syncBatchNorm'>): Promise<StepResult>;
}

/** Makes a copy of the model in every worker. Copies have no weights before `load` or `step`. */
export async function openReplicas(pool: Pool, model: LayersModel, backend: string): Promise<Replicas> {
  const weights = describeWeights(model);
  const places = layoutOf(weights);
  const exchange = createExchange(pool, weights, places);
  const topology = model.toJSON(null, false) as object;
  await pool.each('neusim/open', (rank): OpenItem => {
    const shared = exchange.shared(rank);
    return { backend, backendOptions: backendOptions(backend), topology, places, shared };
  });
  return {
    async load() {
      await exchange.putWeights();
      const back = await pool.each<Cargo>('neusim/load', (rank) => {
        const cargo = exchange.weightsFor(rank);
        return new Moved(cargo, buffersOf(cargo));
      });
      exchange.takeBack(back);
    },
    async step(batch, options) {
      await exchange.putWeights();
      const answers = await pool.each<StepAnswer>('neusim/step', (rank) => {
        const cargo = { ...exchange.weightsFor(rank), ...exchange.gradientsFor(rank) };
        const part = cut(batch, rank, pool.size);
        const item: StepItem = { ...cargo, ...part, share: part.labels.length / batch.count, ...options };
        return new Moved(item, [...buffersOf(cargo), part.images.buffer as ArrayBuffer]);
      });
      exchange.takeBack(answers);
      const sum = exchange.sum();
      const unreached = new Set(answers[0]?.unreached);
      const grads: Record<string, tf.Tensor> = {};
      for (const [index, place] of places.entries()) {
        const { variable } = weights[index] as WeightInfo;
        if (unreached.has(index)) continue;
        const value = tensorAt(sum, place);
        if (place.trainable) grads[variable.name] = value;
        else {
          variable.write(value);
          value.dispose();
        }
      }
      return { loss: tf.scalar(answers.reduce((total, { loss }) => total + loss, 0)), grads };
    },
    async *scores(batches, signal) {
      const move = async (batch: Promise<Batch>) => {
        const { images, labels, shape } = await batch;
        return new Moved({ images, labels, shape }, [images.buffer as ArrayBuffer]);
      };
      const parts = function* () {
        for (const batch of batches) yield move(batch);
      };
      yield* pool.map<Score>('neusim/score', parts(), { signal });
    },
  };
}

/** Images and labels of one rank's part, in arrays of their own. */
function cut({ images, labels, mixed, shape: [count, ...image] }: Batch, rank: number, size: number) {
  const [from, to] = partOf(count, rank, size);
  const pixels = tf.util.sizeFromShape(image);
  const shape: [number, number, number, number] = [to - from, ...image];
  const second = mixed && { ...mixed, labels: mixed.labels.slice(from, to) };
  return {
    images: images.slice(from * pixels, to * pixels),
    labels: labels.slice(from, to),
    shape,
    ...(second && { mixed: second }),
  };
}

const buffersOf = ({ weights, gradients }: Cargo) =>
  [weights, gradients].flatMap((array) => (array ? [array.buffer] : []));

/**
 * The arrays in which weights go out and gradients come in, made once: in memory that all share, or moved to the
 * workers and back with every message.
 */
function createExchange(pool: Pool, weights: readonly WeightInfo[], places: readonly Place[]) {
  const length = lengthOf(places);
  const ranks = Array.from({ length: pool.size }, (_, rank) => rank);
  const make = () => new Float32Array(length);
  const share = () => new Float32Array(new SharedArrayBuffer(4 * length));
  const common = pool.sharesMemory ? share() : null;
  const current: Float32Array = common ?? make();
  const total = make();
  const outgoing = ranks.map(() => (common ? undefined : make()));
  const incoming = ranks.map(() => (common ? share() : make()));
  return {
    /** What `neusim/open` is told. */
    shared: (rank: number): OpenItem['shared'] =>
      common && { weights: common, gradients: incoming[rank] as Float32Array },
    putWeights: () => readWeights(weights, places, current),
    weightsFor(rank: number): Cargo {
      const own = outgoing[rank];
      own?.set(current);
      return own ? { weights: own } : {};
    },
    gradientsFor: (rank: number): Cargo =>
      common ? {} : { gradients: incoming[rank] as Float32Array<ArrayBuffer> },
    takeBack(answers: readonly Cargo[]): void {
      for (const [rank, { weights, gradients }] of answers.entries()) {
        if (weights) outgoing[rank] = weights;
        if (gradients) incoming[rank] = gradients;
      }
    },
    /** All ranks' arrays added up, rank by rank; the same array every time. */
    sum(): Float32Array {
      for (const [rank, values] of incoming.entries())
        if (rank === 0) total.set(values);
        else for (let i = 0; i < length; i++) total[i]! += values[i] as number;
      return total;
    },
  };
}
