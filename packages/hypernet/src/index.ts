// @neusim/hypernet: networks that predict a layer's similarity from its input, and operators whose kernels
// networks make or mix.
import { plugin } from '@neusim/registry';
import conv from './conv';
import globalDefinition from './global/operator';
import { condConvDefinition, involutionDefinition, odConvDefinition } from './operators/definitions';
import pooled from './pooled';
import separable from './separable';
import shared from './shared';
import sphere from './sphere';
import tapAttention from './tap-attention';

export { type ConvPredictorOptions, convPredictor } from './conv';
export {
  GlobalSimilarity2D,
  type GlobalSimilarityArgs,
  type GlobalSimilarityOptions,
  type GlobalSimilarityWeights,
  globalSimilarity2d,
} from './global/global-similarity-2d';
export { globalSimilarity } from './global/operator';
export { condConv } from './operators/cond-conv';
export type { CondConvOptions } from './operators/cond-conv-2d';
export { involution } from './operators/involution';
export { type InvolutionOptions, involution2d } from './operators/involution-2d';
export { mixtureConv2d } from './operators/mixture';
export { odConv } from './operators/od-conv';
export type { ODConvOptions } from './operators/od-conv-2d';
export type { NetworkOptions, NormOptions } from './options';
export { OutputGrid, type OutputGridArgs } from './output-grid';
export { type PooledOptions, pooledPredictor } from './pooled';
export { type SeparableOptions, separablePredictor } from './separable';
export { SeparableConv2D, type SeparableConv2DArgs } from './separable-conv2d';
export { type SharedOptions, sharedPredictor } from './shared';
export { type SphereOptions, spherePredictor } from './sphere';
export { SphereConv2D, type SphereConv2DArgs } from './sphere-conv2d';
export { type TapAttentionOptions, tapAttentionPredictor } from './tap-attention';

export default /* @__PURE__ */ plugin('@neusim/hypernet', '0.1.0', [
  sphere,
  conv,
  shared,
  pooled,
  separable,
  tapAttention,
  condConvDefinition,
  odConvDefinition,
  involutionDefinition,
  globalDefinition,
]);
