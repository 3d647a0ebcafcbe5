/** Every kernel of tfjs's backend `webgpu` that this package replaces or adds. */
import type { Override } from '../override';
import { addN } from './add-n';
import { batchNormTraining, batchNormTrainingGrad } from './batch-norm';
import { cast } from './cast';
import { seamConvolutions } from './conv/seam';
import { stockConvolutions } from './conv/stock';
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './depthwise';
import { manyAxes } from './many-axes';
import { batchMatMul, fusedMatMul } from './mat-mul';
import {
  maxPool,
  seamAvgPoolGrad,
  seamMaxPoolGather,
  seamMaxPoolGrad,
  stockAvgPoolGrad,
  stockMaxPoolGrad,
} from './pooling';
import { mirrorPad, pad, reverse, stridedSlice, tile, transpose } from './rearrange';
import { mean, sum } from './reduce';
import { seamReluGrad } from './relu';
import { sampling } from './sampling';
import { crossEntropy, crossEntropyGrad, logSoftmax } from './softmax';
import { seamSquaredNorm } from './squared-norm';
import { updateAdam, updateSgd } from './update';

export const kernels: readonly Override[] = [
  cast,
  addN,
  transpose,
  reverse,
  tile,
  pad,
  stridedSlice,
  mirrorPad,
  ...manyAxes,
  batchMatMul,
  fusedMatMul,
  sum,
  mean,
  batchNormTraining,
  batchNormTrainingGrad,
  seamReluGrad,
  seamSquaredNorm,
  logSoftmax,
  crossEntropy,
  crossEntropyGrad,
  updateSgd,
  updateAdam,
  maxPool,
  seamMaxPoolGrad,
  seamMaxPoolGather,
  seamAvgPoolGrad,
  stockMaxPoolGrad,
  stockAvgPoolGrad,
  depthwiseBackpropInput,
  depthwiseBackpropFilter,
  ...sampling,
  ...seamConvolutions,
  ...stockConvolutions,
];
