/** Episodes as plain numbers, and what a learner answers to them: the part of a test that any thread can do. */
import { breathe } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import type { Learner } from '../types';

/** Some episodes of one form, in the order of their numbers. */
export interface EpisodeShare {
  readonly way: number;
  readonly shot: number;
  readonly query: number;
  /** Of one example. */
  readonly shape: readonly number[];
  /** Of each episode: what its `fit` draws from. */
  readonly seeds: readonly number[];
  /** [episodes, way·shot, …shape] */
  readonly support: Float32Array;
  /** [episodes, way·query, …shape] */
  readonly queries: Float32Array;
}

/** What was answered to a share. */
export interface ShareScores {
  /** [episodes, way·query]: the label of the largest logit, the first of equals; -1 where a logit is no number. */
  readonly predicted: Int32Array;
  /** [episodes]: mean cross-entropy of the queries. */
  readonly losses: Float64Array;
}

export interface ScoreOptions {
  /** Stops between two episodes, and in `fit`. */
  readonly signal?: AbortSignal | undefined;
  /** Told after each episode. */
  onEpisode?(): void;
}

/** 0, 0, … 1, 1, …: the labels of so many examples of each class, class by class. */
export const labelsOf = (way: number, each: number): Int32Array =>
  Int32Array.from({ length: way * each }, (_, index) => Math.floor(index / each));

/**
 * Adapts to each episode and predicts its queries. All predictions are read at once: on a GPU every read waits.
 * @throws what `fit` throws; the signal's reason
 */
export async function scoreEpisodes(
  learner: Pick<Learner, 'fit'>,
  { way, shot, query, shape, seeds, support, queries }: EpisodeShare,
  { signal, onEpisode }: ScoreOptions = {},
): Promise<ShareScores> {
  const size = tf.util.sizeFromShape([...shape]);
  const labels = labelsOf(way, shot);
  const examples = (values: Float32Array, episode: number, count: number) =>
    tf.tensor(values.subarray(episode * count * size, (episode + 1) * count * size), [count, ...shape]);
  const pause = breathe();
  const answers: tf.Tensor2D[] = [];
  try {
    for (const [episode, seed] of seeds.entries()) {
      signal?.throwIfAborted();
      const x = examples(support, episode, way * shot);
      const asked = examples(queries, episode, way * query);
      try {
        const classifier = await learner.fit({ x, labels }, way, { seed, signal });
        try {
          answers.push(tf.tidy(() => classifier.predict(asked)));
        } finally {
          classifier.dispose();
        }
      } finally {
        tf.dispose([x, asked]);
      }
      onEpisode?.();
      await pause();
    }
    const all = tf.concat(answers);
    try {
      return judge((await all.data()) as Float32Array, way, query);
    } finally {
      all.dispose();
    }
  } finally {
    tf.dispose(answers);
  }
}

/** @param logits [episodes, way·query, way] */
function judge(logits: Float32Array, way: number, query: number): ShareScores {
  const count = logits.length / way;
  const predicted = new Int32Array(count);
  const losses = new Float64Array(count / (way * query));
  for (let i = 0; i < count; i++) {
    const row = logits.subarray(i * way, (i + 1) * way);
    const label = Math.floor(i / query) % way;
    const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    predicted[i] = row.indexOf(largest);
    const total = largest + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
    losses[Math.floor(i / (way * query))]! += (total - row[label]!) / (way * query);
  }
  return { predicted, losses };
}
