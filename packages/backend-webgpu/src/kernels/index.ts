/** Every kernel of tfjs's backend `webgpu` that this package replaces or adds. */
import type { Override } from '../override';
import { batchNormTraining, batchNormTrainingGrad } from './batch-norm';
import { cast } from './cast';
import { mean, sum } from './reduce';
import { seamReluGrad } from './relu';
import { crossEntropy, crossEntropyGrad, logSoftmax } from './softmax';
import { seamSquaredNorm } from './squared-norm';
import { updateAdam, updateSgd } from './update';

export const kernels: readonly Override[] = [
  cast,
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
];
