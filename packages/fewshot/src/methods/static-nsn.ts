/**
 * Static NSN (Liu et al. 2019, few-shot experiment; method: §11): a network whose convolutions have a static similarity is
 * trained to tell the base classes apart. On a task's support a fresh head and the M of every layer move, and nothing else:
 * kernels, batch norm and its running statistics stand. What the paper leaves open (head, steps, rates) is ours.
 */
import { describeWeights, strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as v from 'valibot';
import { networkFit } from '../adaptation/adapt-network';
import { type Adaptation, adaptationEntries, networkRateEntry } from '../adaptation/adaptation';
import { baseHead } from '../heads/base-head';
import { classTrained } from '../heads/class-trained';
import { headOf, type LinearStart, linearStartEntry } from '../heads/head';
import type { FewShotMethod } from '../types';
import { staticSimilarities } from './meta-static-nsn';

export interface StaticNsnOptions extends Adaptation {
  readonly networkRate: number;
  readonly head: 'linear' | 'cosine';
  readonly linearStart: LinearStart;
}

function methodOf(options: StaticNsnOptions): FewShotMethod {
  return Object.freeze<FewShotMethod>({
    name: 'static-nsn',
    options: Object.freeze({ ...options }),
    trainedBy: 'classes',
    build({ backbone, classes, seed }) {
      const matrices = staticSimilarities('static-nsn', backbone);
      const weights = describeWeights(backbone).filter(({ variable }) => matrices.has(variable));
      const head = headOf(options.head, options.linearStart);
      const fit = () => networkFit({ backbone, weights, head, adaptation: options });
      return classTrained('static-nsn', backbone, () => baseHead(backbone, { classes, seed }), fit, false);
    },
  });
}

export const staticNsn = define({
  kind: 'method',
  name: 'static-nsn',
  version: '1.0.0',
  summary: 'static neural similarity: on the support only M of every layer and a new head move',
  options: strictOptions({
    head: v.optional(v.picklist(['linear', 'cosine']), 'linear'),
    ...linearStartEntry,
    ...adaptationEntries,
    // A value of M moves all filters at once: with the head's own rate a trained network gets worse.
    ...networkRateEntry(0.01),
  }),
  load: () => methodOf,
});
