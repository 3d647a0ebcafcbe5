// @neusim/core: the kernel seam, the similarities and shapes that need no package of their own, the layer, folding,
// loading and starting an engine.
import { plugin } from '@neusim/registry';
import cpu from './cpu';
import dilated from './shape/dilated';
import full from './shape/full';
import { dynamicDnsDefinition, dynamicUnsDefinition } from './similarity/dynamic';
import innerProduct from './similarity/inner-product';
import { decoupledDefinition, hypersphericalDefinition } from './similarity/responses';
import { staticDnsDefinition, staticUnsDefinition } from './similarity/static';
import {
  dynamicLowRank,
  dynamicOrthogonal,
  dynamicPsd,
  dynamicSymmetric,
  staticBilinear,
  staticGrouped,
  staticLowRank,
  staticOrthogonal,
  staticPsd,
  staticSymmetric,
} from './similarity/structure-definitions';

export type { Backend, Probe } from './backend';
export {
  captureStep,
  compileStep,
  consume,
  eagerStep,
  requireInputs,
  runEagerly,
  tensorOf,
} from './captured-step';
export { fromConvInfo } from './conv-info';
export {
  type Compilation,
  type EngineAbilities,
  engineAbilities,
  setEngineAbilities,
} from './engine-abilities';
export { type FoldOptions, foldModel, foldModelAsync, isFoldable } from './fold/fold-model';
export { foldSimilarity } from './fold/fold-similarity';
export { type ConvOptions, dilatedSize, type Geometry, geometry, type Padding, type Pair } from './geometry';
export { applySimilarity, type Compared, windowOf } from './layers/apply-similarity';
export { BatchNorm, type BatchNormArgs } from './layers/batch-norm';
export { isOperatorLayer } from './layers/is-operator-layer';
export { restorePart, type SavedPart, savePart } from './layers/loading';
export {
  NeuralSimilarityConv2D,
  type NeuralSimilarityConv2DArgs,
} from './layers/neural-similarity-conv2d';
export { OperatorConv2D, type OperatorConv2DArgs } from './layers/operator-conv2d';
export { registerLayer } from './layers/register-layer';
export { servingLayers } from './layers/serving-layers';
export type { WeightDescription } from './layers/weight-description';
export { loadModel } from './load-model';
export { neuralSimilarity, wireSimilarity } from './neural-similarity';
export { disposeNewVariables } from './new-variables';
export type {
  Call,
  Conv2DArgs,
  Operator,
  Part,
  Predictor,
  Products,
  Role,
  Shape,
  Similarity,
  Taps,
  Weight,
  WeightInit,
} from './parts';
export {
  copyLayer,
  isModel,
  type Plan,
  rebuildModel,
  rewire,
  type Use,
  useLayer,
  weightsAsMade,
} from './rebuild-model';
export type {
  Angle,
  DecoupledOptions,
  HypersphericalOptions,
  Magnitude,
  ResponseOptions,
} from './response/options';
export {
  BATCH_NORM_TRAINING,
  BATCH_NORM_TRAINING_GRAD,
  type BatchNormAttrs,
  type BatchNormResult,
  batchNormTraining,
} from './seam/batch-norm';
export { type Gather, withBatchNormAcross } from './seam/batch-norm-across';
export { batchShare, withBatchShare } from './seam/batch-share';
export * as composed from './seam/composed-conv';
export { type SampledOperands, sampledBackprop, sampledForward } from './seam/composed-sampled';
export {
  type CrossEntropyAttrs,
  type CrossEntropyOptions,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_GRAD,
  softmaxCrossEntropy,
} from './seam/cross-entropy';
export { depthwiseConv2d } from './seam/depthwise-conv2d';
export { LOG_SOFTMAX, logSoftmax } from './seam/log-softmax';
export { requireMemory, setMemoryLimit } from './seam/memory';
export { type PatchEnergyOptions, patchEnergy } from './seam/patch-energy';
export * as patches from './seam/patches';
export {
  AVG_POOL_GRAD,
  avgPoolGrad,
  MAX_POOL_GATHER,
  MAX_POOL_GRAD,
  maxPoolGrad,
  type PoolAttrs,
} from './seam/pooling';
export {
  CONV2D,
  CONV2D_BACKPROP_FILTER,
  CONV2D_BACKPROP_INPUT,
  type ConvAttrs,
  SIMILARITY_CONV2D,
  SIMILARITY_CONV2D_BACKPROP,
  SIMILARITY_CONV2D_BACKPROP_FILTER,
  SIMILARITY_CONV2D_BACKPROP_INPUT,
  SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
  type SimilarityGradAttrs,
} from './seam/quadrilinear';
export { composedReluGrad, RELU_GRAD, reluGrad } from './seam/relu';
export {
  SAMPLE_PATCHES,
  SAMPLE_PATCHES_BACKPROP,
  type SampleAttrs,
  samplePatches,
} from './seam/sample-patches';
export {
  SAMPLED_CONV2D,
  SAMPLED_CONV2D_BACKPROP,
  SAMPLED_SIMILARITY_CONV2D,
  SAMPLED_SIMILARITY_CONV2D_BACKPROP,
} from './seam/sampled-conv2d';
export { type SamplingOptions, similarityConv2d } from './seam/similarity-conv2d';
export { padOrCrop, pick2d, spread2d } from './seam/spatial';
export { SQUARED_NORM, type SquaredNormAttrs, squaredNorm } from './seam/squared-norm';
export { closeStockGradients } from './seam/stock-gradients';
export {
  type AdamAttrs,
  adamRate,
  type SgdAttrs,
  sgdRate,
  UPDATE_ADAM,
  UPDATE_SGD,
  updateAdam,
  updateSgd,
} from './seam/update';
export { type DilatedOptions, dilated } from './shape/dilated';
export { full } from './shape/full';
export type { StaticBilinearOptions } from './similarity/bilinear';
export { dynamicDns, dynamicUns } from './similarity/dynamic';
export type { StaticGroupedOptions } from './similarity/grouped';
export { innerProduct } from './similarity/inner-product';
export type { DynamicLowRankOptions, StaticLowRankOptions } from './similarity/low-rank';
export { type StaticDnsOptions, type StaticUnsOptions, staticDns, staticUns } from './similarity/static';
export type { StructureOptions } from './similarity/structure';
export { backendOptions, type StartedBackend, startBackend } from './start-backend';
export type { CapturedStep, StepInput, StepState, TensorStep } from './step';
export { strictOptions } from './strict-options';
export { multiplyAdds, type SummaryRow, summarize } from './summary';
export { tensorGradients, variableGradients } from './variable-gradients';
export { warmUp, weightState } from './warm-up';
export { weightSeed } from './weight-seed';
export { countParameters, describeWeights, leafLayers, type WeightInfo } from './weights';

export default /* @__PURE__ */ plugin('@neusim/core', '0.1.0', [
  innerProduct,
  staticDnsDefinition,
  staticUnsDefinition,
  dynamicDnsDefinition,
  dynamicUnsDefinition,
  staticLowRank,
  dynamicLowRank,
  staticSymmetric,
  dynamicSymmetric,
  staticPsd,
  dynamicPsd,
  staticOrthogonal,
  dynamicOrthogonal,
  staticGrouped,
  staticBilinear,
  hypersphericalDefinition,
  decoupledDefinition,
  full,
  dilated,
  cpu,
]);
