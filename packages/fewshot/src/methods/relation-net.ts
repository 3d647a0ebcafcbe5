/**
 * Relation networks (Sung et al. 2018): how much a query belongs to a class is said by a network that sees both their maps.
 * A class's map is the sum of its examples' (or their mean); learned on episodes by the squared error of the relation
 * scores against 1 for the query's class and 0 for others. Logits are the relation scores.
 *
 * The paper's backbone pools in its first two blocks alone, so that the module has 19×19 positions of an 84×84 image to work
 * on: `cnn-4` with `pools: 2`. Here the map is whatever the backbone has last; one of a single position, such as all four pools
 * leave of 28×28, has no place for the module to look at.
 */
import { disposeNewVariables, strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { embedTask, mapOf, mapShape } from '../backbones/backbone';
import { requireTask } from '../examples';
import { joinModels } from '../join-models';
import { oneHot } from '../losses';
import { memoryClassifier, oneEach } from '../metric/memory-classifier';
import { classSums, prototypes } from '../metric/prototypes';
import { type RelationOptions, relationModule } from '../modules/relation-module';
import type { FewShotMethod, Learner, LearnerParts } from '../types';

export interface RelationNetOptions extends RelationOptions {
  /** What the maps of a class's examples become: the paper's sum, or the mean, which does not depend on their number. */
  readonly combine: 'sum' | 'mean';
}

/** Values of the pairs' maps that are scored at once. */
const MOST_VALUES = 2 ** 24;

/** The method `relation-net`. Its classifiers can learn another class. Wants a backbone with a map. */
function methodOf(options: RelationNetOptions): FewShotMethod {
  return Object.freeze<FewShotMethod>({
    name: 'relation-net',
    options: Object.freeze({ ...options }),
    trainedBy: 'episodes',
    build: (parts) => disposeNewVariables(() => build(parts, options)),
  });
}

function build({ backbone, seed }: LearnerParts, options: RelationNetOptions): Learner {
  const maps = mapOf(backbone);
  const shape = mapShape(maps);
  const relation = relationModule(shape, options, seed);
  const combine = options.combine === 'sum' ? classSums : prototypes;
  const mapped = (images: tf.Tensor, training = false) => maps.apply(images, { training }) as tf.Tensor4D;
  const perPair = shape[0] * shape[1] * options.filters;
  return {
    model: joinModels('relation-net', [maps, ...relation.models]),
    training: {
      by: 'episodes',
      loss(task) {
        requireTask(task);
        return tf.tidy(() => {
          const { support, query } = embedTask(task, (images) => mapped(images, true));
          const classes = combine(support, task.support.labels, task.way);
          const scores = relation.score(query, classes, true);
          return tf.mean(tf.square(tf.sub(scores, oneHot(task.query.labels, task.way)))) as tf.Scalar;
        });
      },
    },
    embed: (images) => tf.tidy(() => mapped(images)),
    fit: async (support, way, fit) =>
      memoryClassifier(
        support,
        way,
        {
          takes: shape,
          remember: ({ x, labels, way }) => oneEach(combine(x, labels, way), way),
          score: (query, memory) => {
            const most = Math.max(1, Math.floor(MOST_VALUES / (perPair * memory.way)));
            const parts: tf.Tensor2D[] = [];
            for (let from = 0; from < query.shape[0]!; from += most) {
              const part = tf.slice(query, from, Math.min(most, query.shape[0]! - from)) as tf.Tensor4D;
              parts.push(relation.score(part, memory.x as tf.Tensor4D));
            }
            return tf.concat2d(parts, 0);
          },
        },
        fit,
      ),
  };
}

const size = (from: number) => v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), from);

export const relationNet = define({
  kind: 'method',
  name: 'relation-net',
  version: '1.0.0',
  summary: 'a network that sees the maps of query and class (Sung et al. 2018)',
  options: strictOptions({
    combine: v.optional(v.picklist(['sum', 'mean']), 'sum'),
    filters: size(64),
    hidden: size(8),
    normDecay: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), 0.99),
  }),
  load: () => methodOf,
});
