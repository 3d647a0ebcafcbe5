/**
 * Meta-learned static NSN (Liu et al. 2019: M "meta-learned during training"): kernels that all tasks share, and for each task a
 * similarity of its own. A few steps of gradient descent on the support move M of every layer, and the head, and
 * nothing else; training, through these steps, finds where M begins, and (option `kernels`) the kernels.
 * How the authors train it is not published: five steps of 0.01 in training and in testing, as Chen et al. 2019 have for MAML, are
 * our choice, and so is the second order.
 */
import { describeWeights, leafLayers, NeuralSimilarityConv2D, strictOptions } from '@neusim/core';
import { define, NeusimError } from '@neusim/registry';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { adaptingLearner, innerLoopEntries } from '../adaptation/inner-loop';
import type { FewShotMethod } from '../types';

export const metaStaticNsn = define({
  kind: 'method',
  name: 'meta-static-nsn',
  version: '1.0.0',
  summary:
    'meta-learned static NSN: M of every layer and the head adapt by gradient steps that training goes through',
  options: strictOptions({
    ...innerLoopEntries({ steps: 5, testSteps: 5 }),
    /** `frozen`: training moves where M and the head begin, and leaves the other weights of a backbone that was trained before. */
    kernels: v.optional(v.picklist(['trained', 'frozen']), 'trained'),
  }),
  load:
    () =>
    (options): FewShotMethod => ({
      name: 'meta-static-nsn',
      options: Object.freeze({ ...options }),
      trainedBy: 'episodes',
      build(parts) {
        const matrices = staticSimilarities('meta-static-nsn', parts.backbone);
        const adapts = ({ variable }: { readonly variable: LayerVariable }) => matrices.has(variable);
        const trains = options.kernels === 'trained' ? () => true : adapts;
        return adaptingLearner('meta-static-nsn', parts, options, { adapts, trains });
      },
    }),
});

/**
 * The weights that M is made of where it is no prediction.
 * @throws NeusimError FEWSHOT_BACKBONE where there are none.
 */
export function staticSimilarities(method: string, backbone: LayersModel): ReadonlySet<LayerVariable> {
  const held = leafLayers(backbone).flatMap((layer) =>
    layer instanceof NeuralSimilarityConv2D && layer.similarity.source === 'parameter'
      ? layer.similarityWeights
      : [],
  );
  const trainable = describeWeights(backbone).flatMap((w) => (w.trainable ? [w.variable] : []));
  const matrices = new Set(held.filter((variable) => trainable.includes(variable)));
  if (matrices.size > 0) return matrices;
  throw new NeusimError(
    'FEWSHOT_BACKBONE',
    `${method} adapts M, and no layer of '${backbone.name}' has a static one`,
    {
      data: { method, backbone: backbone.name, similarity: 'static-uns' },
      hint: "Give the backbone a similarity such as 'static-uns' or 'static-dns'.",
    },
  );
}
