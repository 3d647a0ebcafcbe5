/** A method for tests of what tests methods: nearest class mean, of embeddings made once or (`adapts`) in every episode. */
import { define, plugin } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import type { FewShotMethod, Learner } from '../types';

const options = v.strictObject({ adapts: v.optional(v.boolean(), false) });

export default plugin('centroids', '1.0.0', [
  define({
    kind: 'method',
    name: 'centroids',
    version: '1.0.0',
    summary: 'for tests',
    options,
    load:
      () =>
      (given): FewShotMethod => ({
        name: 'centroids',
        options: given,
        trainedBy: 'nothing',
        build: ({ backbone }) => centroids(backbone, given.adapts),
      }),
  }),
]);

export function centroids(model: LayersModel, adapts = false): Learner {
  const embed = (x: tf.Tensor) => tf.tidy(() => model.predict(x) as tf.Tensor2D);
  const enter = (x: tf.Tensor) => (adapts ? embed(x) : (x as tf.Tensor2D));
  return {
    model,
    training: { by: 'nothing' },
    ...(!adapts && { embed }),
    async fit({ x, labels }, way) {
      const means = tf.tidy(() => {
        const ofClass = tf.cast(tf.transpose(tf.oneHot(tf.tensor1d(labels, 'int32'), way)), 'float32');
        return tf.div(tf.matMul(ofClass, enter(x)), tf.sum(ofClass, 1, true)) as tf.Tensor2D;
      });
      const far = (from: tf.Tensor, to: tf.Tensor) =>
        tf.sum(tf.squaredDifference(tf.expandDims(from, 1), tf.expandDims(to, 0)), 2) as tf.Tensor2D;
      return {
        way,
        predict: (queries) => tf.tidy(() => tf.neg(far(enter(queries), means))),
        dispose: () => means.dispose(),
      };
    },
  };
}
