/**
 * Baseline++ (Chen, Liu, Kira, Wang & Huang 2019, "A Closer Look at Few-shot Classification"): cosine classifiers, over the base
 * classes in training and over a task's classes on its support. A logit is scale·g·cos(embedding, w). In their code g is the
 * length that weight normalisation learns for each class (`norm: 'learned'`), and the scale 2, or 10 for more than 200 classes;
 * their paper has `norm: 'one'`, the cosine times a scale.
 */
import { strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as v from 'valibot';
import { type Adaptation, adaptationEntries } from '../adaptation/adaptation';
import { classTrained } from '../heads/class-trained';
import { cosineBaseHead } from '../heads/cosine-head';
import { headFit } from '../heads/frozen-head';
import type { Fit } from '../heads/refit';
import type { FewShotMethod } from '../types';

export interface BaselinePpOptions extends Adaptation {
  readonly norm: 'learned' | 'one';
  /** Default: 2, or 10 for more than 200 classes. */
  readonly scale?: number | undefined;
}

function methodOf(options: BaselinePpOptions): FewShotMethod {
  const { norm, scale } = options;
  const scaleFor = (classes: number) => scale ?? (classes > 200 ? 10 : 2);
  return Object.freeze<FewShotMethod>({
    name: 'baseline-pp',
    options: Object.freeze({ ...options }),
    trainedBy: 'classes',
    build({ backbone, classes, seed }) {
      const head = () => cosineBaseHead(backbone, { classes, seed, norm, scale: scaleFor(classes) });
      const fit = (): Fit => (support, way, rest) =>
        headFit({ kind: 'cosine', norm, scale: scaleFor(way) }, options)(support, way, rest);
      return classTrained('baseline-pp', backbone, head, fit, true);
    },
  });
}

export const baselinePp = define({
  kind: 'method',
  name: 'baseline-pp',
  version: '1.0.0',
  summary: 'Baseline++: cosine classifiers, in training and on the support',
  options: strictOptions({
    /** A factor for each class that is learned, or none. */
    norm: v.optional(v.picklist(['learned', 'one']), 'learned'),
    /** Of the cosine; default 2, or 10 for more than 200 classes. */
    scale: v.optional(v.pipe(v.number(), v.gtValue(0))),
    ...adaptationEntries,
  }),
  load: () => methodOf,
});
