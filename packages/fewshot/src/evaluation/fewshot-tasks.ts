/** The worker's side of testing: a learner of its own, which embeds batches and learns episodes. */
import { describeWeights, startBackend } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { Moved, type ReplicaOptions, type Tasks } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import { buildLearner, type LearnerRecipe, otherLearner } from '../training/learner-recipe';
import type { Learner } from '../types';
import { embedImages } from './episode-hands';
import type { Images } from './episode-inputs';
import { type EpisodeShare, scoreEpisodes } from './score-episodes';

export interface OpenLearner {
  /** tfjs's name of the engine, and what it was started with. */
  readonly backend: string;
  readonly backendOptions: object | undefined;
  readonly recipe: LearnerRecipe;
  /** Of all weights, in their order. */
  readonly shapes: readonly (readonly number[])[];
  /** Their values, one weight after another. */
  readonly weights: Float32Array;
}

/**
 * What a worker has to be able to do for `evaluateEpisodes`: give these to `serveTasks`, together with `trainTasks` where
 * it trains too.
 * @param registry knows the methods, the models' parts and the engine.
 */
export function fewshotTasks(
  registry: AnyRegistry,
  { start = (backend, options) => startBackend(registry, backend, options) }: ReplicaOptions = {},
): Tasks {
  let learner: Learner | undefined;
  let made: string | undefined;
  let running: string | undefined;
  const opened = () => {
    if (learner) return learner;
    throw new NeusimError('FEWSHOT_NO_LEARNER', 'the worker has been given no learner', {
      hint: 'evaluateEpisodes gives it one first',
    });
  };
  return {
    'fewshot/open': async ({ backend, backendOptions, recipe, shapes, weights }: OpenLearner) => {
      const engine = JSON.stringify([backend, backendOptions]);
      if (engine !== running) {
        // A worker is one thread: in an isolated page tfjs-wasm would start as many as there are cores in each.
        tf.env().setFlags({ ...tf.env().getFlags(), WASM_HAS_MULTITHREAD_SUPPORT: false });
        await start(backend, backendOptions);
        running = engine;
        made = undefined;
      }
      const wanted = JSON.stringify(recipe);
      if (made !== wanted) {
        if (learner) disposeModel(learner.model);
        learner = made = undefined;
        learner = await buildLearner(registry, recipe);
        made = wanted;
      }
      writeAll(opened(), shapes, weights);
    },
    'fewshot/embed': async (images: Images) => {
      const { values } = await embedImages(opened(), images);
      return new Moved({ count: images.shape[0]!, values }, [values.buffer as ArrayBuffer]);
    },
    'fewshot/score': (share: EpisodeShare) => scoreEpisodes(opened(), share),
  };
}

/** Fresh tensors, since tfjs-wasm keeps packed weights by tensor. */
function writeAll({ model }: Learner, shapes: OpenLearner['shapes'], flat: Float32Array): void {
  const weights = describeWeights(model);
  const met = weights.map(({ variable }) => variable.shape);
  if (JSON.stringify(met) !== JSON.stringify(shapes)) throw otherLearner(met, shapes);
  let from = 0;
  for (const { variable } of weights) {
    const shape = variable.shape as number[];
    const to = from + tf.util.sizeFromShape(shape);
    const value = tf.tensor(flat.slice(from, to), shape, variable.dtype);
    variable.write(value);
    value.dispose();
    from = to;
  }
}
