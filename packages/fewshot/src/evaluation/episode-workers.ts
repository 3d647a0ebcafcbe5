/** Who embeds images and learns episodes: the workers of a pool, each with a copy of the learner. */
import { backendOptions, describeWeights } from '@neusim/core';
import { Moved, type Pool } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import type { LearnerRecipe } from '../training/learner-recipe';
import type { Learner } from '../types';
import type { Hands } from './episode-hands';
import type { OpenLearner } from './fewshot-tasks';
import type { ShareScores } from './score-episodes';

/** Workers for a test. */
export interface EpisodeWorkers {
  /** Its workers have `fewshotTasks`. */
  readonly pool: Pool;
  /** Of the learner that is tested. */
  readonly recipe: LearnerRecipe;
}

/** Gives every worker the learner as it is now. */
export async function workersHands({ pool, recipe }: EpisodeWorkers, learner: Learner): Promise<Hands> {
  const backend = tf.getBackend();
  const variables = describeWeights(learner.model).map(({ variable }) => variable);
  const shapes = variables.map(({ shape }) => shape as number[]);
  const values = await Promise.all(variables.map((variable) => variable.read().data()));
  const weights = new Float32Array(values.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const each of values) {
    weights.set(each, at);
    at += each.length;
  }
  await pool.each('fewshot/open', (): OpenLearner => {
    return { backend, backendOptions: backendOptions(backend), recipe, shapes, weights };
  });
  return {
    embed: (batches, signal) =>
      pool.map(
        'fewshot/embed',
        moving(batches, ({ values }) => [values]),
        { signal },
      ),
    async *score(shares, signal, onEpisodes) {
      const moved = moving(shares, ({ support, queries }) => [support, queries]);
      for await (const scores of pool.map<ShareScores>('fewshot/score', moved, { signal })) {
        onEpisodes(scores.losses.length);
        yield scores;
      }
    },
  };
}

/** Items whose arrays are moved in place of being copied. */
function* moving<T>(items: Iterable<Promise<T>>, arraysOf: (item: T) => Float32Array[]) {
  for (const item of items)
    yield item.then(
      (value) =>
        new Moved(
          value,
          arraysOf(value).map(({ buffer }) => buffer as ArrayBuffer),
        ),
    );
}
