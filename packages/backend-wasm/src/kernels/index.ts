/** Every kernel of tfjs's backend `wasm` that this package replaces or adds. */
import type { Override } from '../override';
import { batchMatMul } from './batch-mat-mul';
import { conv2d, fusedConv2d } from './conv2d';
import { conv2DBackpropFilter, conv2DBackpropInput, seamConv2DBackpropFilter } from './convolution-gradients';
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './depthwise-gradients';
import { fusedBatchNorm } from './fused-batch-norm';
import { cast, identity } from './identity';
import { oneHot } from './one-hot';
import { padV2 } from './pad';
import { seamAvgPoolGrad, seamMaxPoolGrad, stockAvgPoolGrad, stockMaxPoolGrad } from './pool-gradients';
import { mean, sum } from './reduce';
import { slice, splitV } from './slice';
import { transpose } from './transpose';

export const kernels: readonly Override[] = [
  identity,
  cast,
  slice,
  splitV,
  transpose,
  padV2,
  oneHot,
  sum,
  mean,
  batchMatMul,
  conv2d,
  fusedConv2d,
  conv2DBackpropFilter,
  seamConv2DBackpropFilter,
  conv2DBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  fusedBatchNorm,
  seamMaxPoolGrad,
  seamAvgPoolGrad,
  stockMaxPoolGrad,
  stockAvgPoolGrad,
];
