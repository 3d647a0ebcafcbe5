/**
 * The finetuning baseline: a network trained to tell the base classes apart gets a new linear head for a task's classes. With
 * `adapt: 'head'` the head alone is trained on the support (the "Baseline" of Chen et al. 2019, "A Closer Look at Few-shot
 * Classification"), with `adapt: 'all'` the whole network (the baseline of Ravi & Larochelle 2017, "Optimization as a Model for
 * Few-Shot Learning"; the steps are ours). Batch norm keeps its running statistics.
 */
import { describeWeights, strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as v from 'valibot';
import { networkFit } from '../adaptation/adapt-network';
import { type Adaptation, adaptationEntries, networkRateEntry } from '../adaptation/adaptation';
import { baseHead } from '../heads/base-head';
import { classTrained } from '../heads/class-trained';
import { headFit } from '../heads/frozen-head';
import { headOf, type LinearStart, linearStartEntry } from '../heads/head';
import type { FewShotMethod } from '../types';

export interface FinetuneOptions extends Adaptation {
  readonly networkRate: number;
  readonly adapt: 'head' | 'all';
  readonly linearStart: LinearStart;
}

function methodOf(options: FinetuneOptions): FewShotMethod {
  return Object.freeze<FewShotMethod>({
    name: 'finetune',
    options: Object.freeze({ ...options }),
    trainedBy: 'classes',
    build({ backbone, classes, seed }) {
      const linear = headOf('linear', options.linearStart);
      const weights = () => describeWeights(backbone).filter(({ trainable }) => trainable);
      const fit = () =>
        options.adapt === 'head'
          ? headFit(linear, options)
          : networkFit({ backbone, weights: weights(), head: linear, adaptation: options });
      const head = () => baseHead(backbone, { classes, seed });
      return classTrained('finetune', backbone, head, fit, options.adapt === 'head');
    },
  });
}

export const finetune = define({
  kind: 'method',
  name: 'finetune',
  version: '1.0.0',
  summary: 'finetuning baseline: a new linear head, or the whole network, trained on the support',
  options: strictOptions({
    /** What moves: the head, on embeddings that stand, or the whole network. */
    adapt: v.optional(v.picklist(['head', 'all']), 'head'),
    ...linearStartEntry,
    ...adaptationEntries,
    ...networkRateEntry(),
  }),
  load: () => methodOf,
});
