/** What the registry knows of the operators before one is made: their code is loaded with the first. */
import { strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as v from 'valibot';
import { networkEntries, size } from '../options';

const { normDecay, l2, seed } = networkEntries;
const above0 = v.pipe(v.number(), v.gtValue(0));

export const condConvDefinition = define({
  kind: 'operator',
  name: 'cond-conv',
  version: '1.0.0',
  summary: 'a kernel for each image: n learned ones, mixed by what a routing network reads off it',
  options: strictOptions({
    experts: v.optional(size, 8),
    routing: v.optional(v.picklist(['sigmoid', 'softmax']), 'sigmoid'),
    temperature: v.optional(above0, 1),
    hidden: v.optional(v.union([v.pipe(v.number(), v.integer(), v.minValue(0)), v.literal('auto')]), 'auto'),
    l2,
    seed,
  }),
  load: () => import('./cond-conv').then(({ condConv }) => condConv),
});

export const odConvDefinition = define({
  kind: 'operator',
  name: 'od-conv',
  version: '1.0.0',
  summary:
    'n learned kernels, mixed and weighted along taps, channels and filters by attention, for each image',
  options: strictOptions({
    kernels: v.optional(size, 4),
    reduction: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1)), 1 / 16),
    minHidden: v.optional(size, 16),
    temperature: v.optional(above0, 1),
    batchNorm: v.optional(v.boolean(), false),
    normDecay,
    l2,
    seed,
  }),
  load: () => import('./od-conv').then(({ odConv }) => odConv),
});

export const involutionDefinition = define({
  kind: 'operator',
  name: 'involution',
  version: '1.0.0',
  summary: 'a kernel made at each position from its pixel, shared by the channels of a group',
  options: strictOptions({
    groupChannels: v.optional(size, 16),
    reduction: v.optional(v.pipe(v.number(), v.minValue(1)), 4),
    projection: v.optional(v.boolean(), true),
    batchNorm: v.optional(v.boolean(), true),
    normDecay,
    l2,
    seed,
  }),
  load: () => import('./involution').then(({ involution }) => involution),
});
