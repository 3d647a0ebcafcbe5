/** Who embeds images and learns episodes: this thread. (`episode-workers.ts`: others.) */
import { breathe } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import type { Learner } from '../types';
import type { Images } from './episode-inputs';
import { type EpisodeShare, type ShareScores, scoreEpisodes } from './score-episodes';

export interface Hands {
  /** The embeddings of each batch, in the batches' order: [n, …]. */
  embed(
    batches: Iterable<Promise<Images>>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ readonly count: number; readonly values: Float32Array }>;
  /** The answers to each share, in the shares' order. @param onEpisodes told how many more are done. */
  score(
    shares: Iterable<Promise<EpisodeShare>>,
    signal: AbortSignal | undefined,
    onEpisodes: (more: number) => void,
  ): AsyncGenerator<ShareScores>;
}

/** @param learner whose `embed` is asked for where it has one. */
export const ownHands = (learner: Learner): Hands => ({
  async *embed(batches, signal) {
    const pause = breathe();
    for await (const { values, shape } of batches) {
      signal?.throwIfAborted();
      yield { count: shape[0]!, values: (await embedImages(learner, { values, shape })).values };
      await pause();
    }
  },
  async *score(shares, signal, onEpisodes) {
    for await (const share of shares)
      yield await scoreEpisodes(learner, share, { signal, onEpisode: () => onEpisodes(1) });
  },
});

/** @param learner with `embed`. @returns the embeddings [n, …shape]. */
export async function embedImages(
  learner: Pick<Learner, 'embed'>,
  { values, shape }: Images,
): Promise<{ readonly values: Float32Array; readonly shape: readonly number[] }> {
  const embedded = tf.tidy(() =>
    learner.embed!(tf.tensor<tf.Rank.R4>(values, shape as tf.Tensor4D['shape'])),
  );
  try {
    return { values: (await embedded.data()) as Float32Array, shape: embedded.shape.slice(1) };
  } finally {
    embedded.dispose();
  }
}
