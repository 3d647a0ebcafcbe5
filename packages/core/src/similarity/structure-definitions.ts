/** The similarities with a structure on M, by name. Each is loaded when it is wanted. */
import { define, noOptions } from '@neusim/registry';
import * as v from 'valibot';
import { strictOptions } from '../strict-options';

const version = '1.0.0';
const penalty = (fallback: number) => v.optional(v.pipe(v.number(), v.minValue(0)), fallback);
const count = (fallback: number) => v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), fallback);
const penaltyAlone = strictOptions({ l2: penalty(0) });

export const staticLowRank = define({
  kind: 'similarity',
  name: 'static-low-rank',
  version,
  summary: 'static M = I + U·Vᵀ of a given rank: 2·K·rank weights a layer, folds into the kernel',
  options: strictOptions({ rank: count(2), l2: penalty(0) }),
  load: () => import('./low-rank').then((m) => m.staticLowRank),
});

export const dynamicLowRank = define({
  kind: 'similarity',
  name: 'dynamic-low-rank',
  version,
  summary: 'dynamic M = I + U·Vᵀ of a given rank: 2·K·rank values predicted at every position',
  options: strictOptions({ rank: count(2) }),
  load: () => import('./low-rank').then((m) => m.dynamicLowRank),
});

export const staticSymmetric = define({
  kind: 'similarity',
  name: 'static-symmetric',
  version,
  summary: 'static symmetric M: K(K+1)/2 weights a layer, folds into the kernel',
  options: penaltyAlone,
  load: () => import('./symmetric').then((m) => m.staticSymmetric),
});

export const dynamicSymmetric = define({
  kind: 'similarity',
  name: 'dynamic-symmetric',
  version,
  summary: 'dynamic symmetric M: K(K+1)/2 values predicted at every position',
  options: noOptions,
  load: () => import('./symmetric').then((m) => m.dynamicSymmetric),
});

export const staticPsd = define({
  kind: 'similarity',
  name: 'static-psd',
  version,
  summary: 'static positive semidefinite M = L·Lᵀ: K(K+1)/2 weights a layer, folds into the kernel',
  options: penaltyAlone,
  load: () => import('./psd').then((m) => m.staticPsd),
});

export const dynamicPsd = define({
  kind: 'similarity',
  name: 'dynamic-psd',
  version,
  summary: 'dynamic positive semidefinite M = L·Lᵀ: K(K+1)/2 values predicted at every position',
  options: noOptions,
  load: () => import('./psd').then((m) => m.dynamicPsd),
});

export const staticOrthogonal = define({
  kind: 'similarity',
  name: 'static-orthogonal',
  version,
  summary: 'static orthogonal M = exp(A), A skew: K(K−1)/2 weights a layer, folds into the kernel',
  options: penaltyAlone,
  load: () => import('./orthogonal').then((m) => m.staticOrthogonal),
});

export const dynamicOrthogonal = define({
  kind: 'similarity',
  name: 'dynamic-orthogonal',
  version,
  summary: 'dynamic orthogonal M = exp(A), A skew: K(K−1)/2 values predicted at every position',
  options: noOptions,
  load: () => import('./orthogonal').then((m) => m.dynamicOrthogonal),
});

export const staticGrouped = define({
  kind: 'similarity',
  name: 'static-grouped',
  version,
  summary: 'a static K×K matrix for each of several groups of input channels, folds into the kernel',
  options: strictOptions({ groups: count(2), l2: penalty(5e-3) }),
  load: () => import('./grouped').then((m) => m.staticGrouped),
});

export const staticBilinear = define({
  kind: 'similarity',
  name: 'static-bilinear',
  version,
  summary:
    'one static matrix between all K·C values of kernel and patch, for small layers, folds into the kernel',
  options: strictOptions({ l2: penalty(5e-3) }),
  load: () => import('./bilinear').then((m) => m.staticBilinear),
});
