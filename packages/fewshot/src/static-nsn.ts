/**
 * Static NSN (Liu et al. 2019, few-shot experiment; method: §11): a network whose convolutions have a static similarity is
 * trained to tell the base classes apart. On a task's support a fresh head and the M of every layer move, and nothing else:
 * kernels, batch norm and its running statistics stand. What the paper leaves open (head, steps) is ours.
 */
import { describeWeights, strictOptions } from '@neusim/core';
import { define, NeusimError } from '@neusim/registry';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { networkFit } from './adapt-network';
import { type Adaptation, adaptationEntries } from './adaptation';
import { baseHead } from './base-head';
import { classTrained } from './class-trained';
import { headOf } from './head';
import type { FewShotMethod } from './types';

export interface StaticNsnOptions extends Adaptation {
  readonly head: 'linear' | 'cosine';
}

function methodOf(options: StaticNsnOptions): FewShotMethod {
  return Object.freeze<FewShotMethod>({
    name: 'static-nsn',
    options: { ...options },
    trainedBy: 'classes',
    build({ backbone, classes, seed }) {
      const weights = similarityWeights(backbone);
      const fit = () => networkFit({ backbone, weights, head: headOf(options.head), adaptation: options });
      return classTrained('static-nsn', backbone, () => baseHead(backbone, { classes, seed }), fit, false);
    },
  });
}

/**
 * The M of every layer that has one of its own.
 * @throws NeusimError FEWSHOT_BACKBONE where none has.
 */
export function similarityWeights(backbone: LayersModel) {
  const weights = describeWeights(backbone).filter(
    ({ role, trainable }) => role === 'similarity' && trainable,
  );
  if (weights.length > 0) return weights;
  throw new NeusimError('FEWSHOT_BACKBONE', `no layer of ${backbone.name} has a similarity to adapt`, {
    data: { backbone: backbone.name, layers: backbone.layers.map(({ name }) => name) },
    hint: "Give a backbone whose convolutions have one, such as cnn-4 with similarity: 'static-uns'.",
  });
}

export const staticNsn = define({
  kind: 'method',
  name: 'static-nsn',
  version: '1.0.0',
  summary: 'static neural similarity: on the support only M of every layer and a new head move',
  options: strictOptions({
    head: v.optional(v.picklist(['linear', 'cosine']), 'linear'),
    ...adaptationEntries,
  }),
  load: () => methodOf,
});
