// @neusim/testing: float64 oracles, tolerances, `checkGradients` and `checkLayer`, for authors of plug-ins.
export { type ConvolutionCase, caseArguments, convolutionCases } from './cases';
export { type ConvolutionOp, checkGradients, type GradientCheckOptions } from './check-gradients';
export { checkLayer, type LayerCheck, type LayerOracle } from './check-layer';
export type { ModelLoader } from './layer/save-load';
export type { LayerBuilder, LayerResult } from './layer/subject';
export { type LayerVariant, layerVariants, plainWindow, type WindowOptions } from './layer/variants';
export { type NdArray, ndArray, sizeOf } from './oracle/array';
export { batchNormForward, batchNormGradients } from './oracle/batch-norm';
export { centralDifference } from './oracle/central-difference';
export {
  type ConvolutionGeometry,
  type ConvolutionOptions,
  convolutionForward,
  convolutionGeometry,
  convolutionGradients,
  convolutionSecondGradients,
  type Quadrilinear,
} from './oracle/convolution';
export {
  type CrossEntropyOptions,
  crossEntropyForward,
  crossEntropyGradients,
  softmaxForward,
} from './oracle/cross-entropy';
export { globalSimilarityForward } from './oracle/global-similarity';
export {
  denseForward,
  imageMeans,
  involutionForward,
  type KernelAttention,
  mixtureForward,
} from './oracle/operators';
export {
  avgPoolForward,
  avgPoolGradient,
  maxPoolForward,
  maxPoolGradient,
  type PoolingOptions,
} from './oracle/pooling';
export {
  patchesOf,
  patchNorms,
  type ResponseArguments,
  type ResponseSpec,
  responseForward,
} from './oracle/response';
export {
  type SampledArguments,
  type SamplingOrder,
  sampledConvolutionForward,
  sampledConvolutionGradients,
  sampledPatches,
  sampledPatchesGradients,
} from './oracle/sampling';
export type { Padding, Pair } from './oracle/window';
export { randomNormal, randomNumbers, randomSigns, randomUniform } from './random';
export { type CheckReport, type CheckRow, checkReport, checkRow } from './report';
export { type SampledCase, sampledArguments, sampledCases } from './sampled-cases';
export { fromTensor, toTensor } from './tensors';
export { type Precision, relativeError, type Tolerance, tolerance } from './tolerance';
