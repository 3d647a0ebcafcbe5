/**
 * LEO, latent embedding optimisation (Rusu et al. 2019, "Meta-Learning with Latent Embedding Optimization"): on features that a
 * network trained before has made, a support becomes a code z for each class (encoder, and a relation network over all
 * pairs of examples), and z the weights of a linear classifier (decoder). Adapting descends on the support's loss by z, which has few
 * values, with a learned rate; then for some steps by the classifier's weights. Training, through both loops, descends on
 *
 *   CE(query) + kl·KL(q(z) ‖ N(0, I)) + encoderPenalty·mean (stop(z′) − z)² + l2/2·Σ‖W‖² + orthogonality·mean (R − I)²
 *
 * with z′ the adapted codes and R the cosines between rows of the decoder's kernel. In training z and the weights
 * are drawn, and features dropped out; `fit` takes their means. Defaults are those of the authors' code. Ours: the networks give
 * log-variances, which are kept within ±6, KL is in closed form, and there is one code a class, as in the paper, not one an example.
 * The backbone is not trained: give it weights, or features in place of images with a network that passes them on.
 */
import { strictOptions, weightSeed } from '@neusim/core';
import { define } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { descend, type Order, unrecorded } from '../adaptation/functional';
import { stepwise } from '../adaptation/stepwise';
import { embeddings } from '../backbones/backbone';
import { requireExamples, requireSupport, requireTask } from '../examples';
import { unit } from '../heads/unit';
import { crossEntropy } from '../losses';
import { correlation, divergence, draw, leoNetwork, type Noise } from '../modules/leo-network';
import type { FewShotMethod, Learner, LearnerParts } from '../types';

const count = (fallback: number, least = 0) =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(least)), fallback);
const weight = (fallback: number) => v.optional(v.pipe(v.number(), v.minValue(0)), fallback);

const entries = {
  /** Values of a class's code. */
  latent: count(64, 1),
  /** `unit`: each embedding is divided by its length, √(‖x‖² + 1e-10). Long ones want smaller rates. */
  features: v.optional(v.picklist(['given', 'unit']), 'given'),
  /** Share of the features that training drops out, in [0, 1). */
  dropout: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), 0.3),
  /** Steps by the codes, and what their learned rate begins with. */
  latentSteps: count(5),
  latentRate: weight(1),
  /** Steps by the classifier's weights, and what their learned rate begins with. */
  finetuningSteps: count(5),
  finetuningRate: weight(0.001),
  kl: weight(1e-3),
  encoderPenalty: weight(1e-9),
  l2: weight(1e-8),
  orthogonality: weight(1e-3),
};

export const leo = define({
  kind: 'method',
  name: 'leo',
  version: '1.0.0',
  summary:
    'LEO: gradient steps on a latent code of each class, which a network turns into a linear classifier',
  options: strictOptions(entries),
  load:
    () =>
    (options): FewShotMethod => ({
      name: 'leo',
      options: Object.freeze({ ...options }),
      trainedBy: 'episodes',
      build: (parts) => leoLearner(parts, options),
    }),
});

type LeoOptions = v.InferOutput<ReturnType<typeof strictOptions<typeof entries>>>;

function leoLearner(parts: LearnerParts, options: LeoOptions): Learner {
  const { latentSteps, finetuningSteps } = options;
  const { backbone } = parts;
  const network = leoNetwork(parts, options);

  const featuresOf = (images: tf.Tensor) =>
    tf.tidy(() => {
      const x = embeddings(backbone, images);
      return options.features === 'given' ? x : unit(x, 1);
    });

  /** The support's loss of a classifier [way,features]. */
  const supportLoss = (x: tf.Tensor2D, labels: Int32Array, classifier: tf.Tensor2D, noise?: Noise) =>
    crossEntropy(labels, logits(x, classifier, noise));

  /** One step: by the codes, then by the classifier, which is made of the last codes. */
  const step = (
    at: tf.Tensor2D,
    index: number,
    { x, labels }: { readonly x: tf.Tensor2D; readonly labels: Int32Array },
    order: Order,
    noise?: Noise,
  ) => {
    const { latent, finetuning } = network.rates();
    const isLatent = index < latentSteps;
    const loss = ([moved]: readonly tf.Tensor[]) => {
      const classifier = isLatent ? draw(network.decode(moved as tf.Tensor2D), noise) : moved;
      return supportLoss(x, labels, classifier as tf.Tensor2D, noise);
    };
    return descend(loss, [at], [isLatent ? latent : finetuning], order)[0] as tf.Tensor2D;
  };

  return {
    model: network.model,
    training: {
      by: 'episodes',
      loss: (task) => {
        requireTask(task);
        const { way, support, query, seed = 0 } = task;
        return tf.tidy(() => {
          const noise = noiseOf(seed, options.dropout);
          const [x, questions] = unrecorded(() => [featuresOf(support.x), featuresOf(query.x)] as const);
          const examples = { x, labels: support.labels };
          const codes = network.encode(x, support.labels, way, noise);
          const start = draw(codes, noise);
          let at = start;
          for (let i = 0; i < latentSteps; i++) at = step(at, i, examples, 2, noise);
          const adapted = unrecorded(() => tf.add(at, 0));
          at = draw(network.decode(at), noise);
          for (let i = 0; i < finetuningSteps; i++) at = step(at, latentSteps + i, examples, 2, noise);
          const kernels = network.kernels();
          const terms: [number, () => tf.Tensor][] = [
            [1, () => crossEntropy(query.labels, logits(questions, at, noise))],
            [options.kl, () => divergence(codes)],
            [options.encoderPenalty, () => tf.mean(tf.square(tf.sub(adapted, start)))],
            [options.l2 / 2, () => tf.addN(kernels.map((kernel) => tf.sum(tf.square(kernel))))],
            [options.orthogonality, () => correlation(kernels.at(-1) as tf.Tensor2D)],
          ];
          const weighted = terms.flatMap(([factor, term]) => (factor > 0 ? [tf.mul(term(), factor)] : []));
          return tf.addN(weighted) as tf.Scalar;
        });
      },
    },
    embed: featuresOf,
    async fit(support, way, fitOptions) {
      requireSupport(support, way, [network.features]);
      const x = support.x as tf.Tensor2D;
      const examples = { x, labels: support.labels };
      const classifierOf = (codes: tf.Tensor2D) => draw(network.decode(codes));
      const start = tf.tidy(() => {
        const codes = draw(network.encode(x, support.labels, way));
        return latentSteps === 0 ? classifierOf(codes) : codes;
      });
      const [classifier] = (await stepwise(
        [start],
        latentSteps + finetuningSteps,
        ([at], i) => {
          const next = step(at as tf.Tensor2D, i, examples, 1);
          return [i === latentSteps - 1 ? classifierOf(next) : next];
        },
        fitOptions,
      )) as [tf.Tensor2D];
      return {
        way,
        predict: (of) => {
          requireExamples('what is predicted', of, [network.features]);
          return tf.tidy(() => logits(of as tf.Tensor2D, classifier));
        },
        dispose: () => classifier.dispose(),
      };
    },
  };
}

/** [n,way] of features [n,features] and a classifier [way,features]. */
const logits = (x: tf.Tensor2D, classifier: tf.Tensor2D, noise?: Noise) =>
  tf.matMul<tf.Tensor2D>(noise ? noise.dropout(x) : x, classifier, false, true);

/** Other numbers at each call, the same of one seed. */
function noiseOf(seed: number, rate: number): Noise {
  let calls = 0;
  const next = () => weightSeed(seed, `leo/${calls++}`);
  return {
    normal: (shape) => tf.randomNormal([...shape], 0, 1, 'float32', next()),
    dropout: (x) => (rate > 0 ? tf.dropout(x, rate, undefined, next()) : x),
  };
}
