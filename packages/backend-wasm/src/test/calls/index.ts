/** Calls of every kernel in `assembly/`. */
import type { Exports } from '../../native/exports';
import type { Cases } from '../kernel-call';
import { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise';
import { binary, reluGradient } from './elementwise';
import { finish, matMul } from './matrices';
import { affine, moments, normInputGradient, normSums } from './norm';
import { averagePoolGradient, maxPoolGradient } from './pool';
import { squaredNorms, sum } from './reduce';
import { sampledBackward, sampledForward, samplePatches, samplePatchesBackward } from './sampling';
import { similarityBackward, similarityForward } from './similarity';
import { updateAdam, updateSgd } from './update';
import { winogradFilterGradient, winogradForward } from './winograd';

export const calls: { readonly [Kernel in keyof Exports]: Cases } = {
  matMul,
  finish,
  similarityForward,
  similarityBackward,
  sampledForward,
  sampledBackward,
  samplePatches,
  samplePatchesBackward,
  winogradForward,
  winogradFilterGradient,
  moments,
  affine,
  normSums,
  normInputGradient,
  depthwiseInputGradient,
  depthwiseFilterGradient,
  maxPoolGradient,
  averagePoolGradient,
  reluGradient,
  binary,
  sum,
  squaredNorms,
  updateSgd,
  updateAdam,
};
