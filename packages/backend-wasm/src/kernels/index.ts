/** Every kernel of tfjs's backend `wasm` that this package replaces or adds. */
import type { Override } from '../override';
import { arithmetic } from './arithmetic';
import { batchNormTraining, batchNormTrainingGrad, fusedBatchNorm } from './batch-norm';
import {
  conv2DBackpropFilter,
  conv2DBackpropInput,
  conv2d,
  fusedConv2d,
  seamConv2d,
  seamConv2dBackpropFilter,
  seamConv2dBackpropInput,
} from './convolution';
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './depthwise-gradients';
import { cast, identity } from './identity';
import { batchMatMul, fusedMatMul } from './mat-mul';
import { oneHot } from './one-hot';
import { padV2 } from './pad';
import { seamAvgPoolGrad, seamMaxPoolGrad, stockAvgPoolGrad, stockMaxPoolGrad } from './pool-gradients';
import { mean, sum } from './reduce';
import { seamReluGrad } from './relu';
import { sampling } from './sampling';
import {
  similarityConv2d,
  similarityConv2dBackprop,
  similarityConv2dBackpropFilter,
  similarityConv2dBackpropInput,
  similarityConv2dBackpropSimilarity,
} from './similarity';
import { slice, splitV } from './slice';
import { seamSquaredNorm } from './squared-norm';
import { updateAdam, updateSgd } from './update';

export const kernels: readonly Override[] = [
  ...arithmetic,
  identity,
  cast,
  slice,
  splitV,
  padV2,
  oneHot,
  sum,
  mean,
  batchMatMul,
  fusedMatMul,
  conv2d,
  fusedConv2d,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  seamConv2d,
  seamConv2dBackpropFilter,
  seamConv2dBackpropInput,
  similarityConv2d,
  similarityConv2dBackprop,
  similarityConv2dBackpropInput,
  similarityConv2dBackpropFilter,
  similarityConv2dBackpropSimilarity,
  depthwiseBackpropFilter,
  ...sampling,
  depthwiseBackpropInput,
  batchNormTraining,
  batchNormTrainingGrad,
  fusedBatchNorm,
  seamReluGrad,
  seamSquaredNorm,
  updateSgd,
  updateAdam,
  seamMaxPoolGrad,
  seamAvgPoolGrad,
  stockMaxPoolGrad,
  stockAvgPoolGrad,
];
