/** The shapes that are loaded when they are wanted, with the schemas of their options. */
import { strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as v from 'valibot';

const positive = v.pipe(v.number(), v.gtValue(0));
const groups = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1);
const learningRateScale = v.optional(positive, 0.1);

export const deformableDefinition = define({
  kind: 'shape',
  name: 'deformable',
  version: '1.0.0',
  summary: 'taps read at offsets found from the input, and weighted (v2) or not (v1)',
  options: v.pipe(
    strictOptions({
      version: v.optional(v.picklist([1, 2]), 2),
      groups,
      modulation: v.optional(v.picklist(['sigmoid', 'twice-sigmoid']), 'sigmoid'),
      learningRateScale,
    }),
    v.check(
      ({ version, modulation }) => version === 2 || modulation === 'sigmoid',
      'version 1 has no modulation: leave it out',
    ),
  ),
  load: () => import('./deformable').then(({ deformable }) => deformable),
});

export const activeDefinition = define({
  kind: 'shape',
  name: 'active',
  version: '1.0.0',
  summary: 'where the taps read is learned, between the elements too',
  options: strictOptions({
    start: v.optional(v.picklist(['circle', 'square']), 'circle'),
    radius: v.optional(positive, 1),
    noise: v.optional(v.pipe(v.number(), v.minValue(0)), 0.05),
    groups,
    normalizeGradient: v.optional(v.boolean(), false),
    learningRateScale,
    seed: v.optional(v.pipe(v.number(), v.integer())),
  }),
  load: () => import('./active').then(({ active }) => active),
});

export const learnedDilationDefinition = define({
  kind: 'shape',
  name: 'learned-dilation',
  version: '1.0.0',
  summary: 'the spacing of the taps is learned, a real number',
  options: v.pipe(
    strictOptions({
      rate: v.optional(v.union([positive, v.strictTuple([positive, positive])]), 1),
      minimum: v.optional(positive, 1),
      learningRateScale,
    }),
    v.check(
      ({ rate, minimum }) => [rate].flat().every((d) => d >= minimum),
      'the rate starts below its minimum',
    ),
  ),
  load: () => import('./learned-dilation').then(({ learnedDilation }) => learnedDilation),
});
