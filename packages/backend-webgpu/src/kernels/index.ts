/** Every kernel of tfjs's backend `webgpu` that this package replaces or adds. */
import type { Override } from '../override';
import { batchNormTraining, batchNormTrainingGrad } from './batch-norm';
import { cast } from './cast';
import { seamReluGrad } from './relu';
import { updateAdam, updateSgd } from './update';

export const kernels: readonly Override[] = [
  cast,
  batchNormTraining,
  batchNormTrainingGrad,
  seamReluGrad,
  updateSgd,
  updateAdam,
];
