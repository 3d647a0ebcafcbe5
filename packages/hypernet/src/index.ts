// @neusim/hypernet: networks that predict a layer's similarity from its input.
import { plugin } from '@neusim/registry';
import conv from './conv';
import globalDefinition from './global/operator';
import shared from './shared';
import sphere from './sphere';

export { type ConvPredictorOptions, convPredictor } from './conv';
export {
  GlobalSimilarity2D,
  type GlobalSimilarityArgs,
  type GlobalSimilarityOptions,
  type GlobalSimilarityWeights,
  globalSimilarity2d,
} from './global/global-similarity-2d';
export { globalSimilarity } from './global/operator';
export type { NetworkOptions, NormOptions } from './options';
export { OutputGrid, type OutputGridArgs } from './output-grid';
export { type SharedOptions, sharedPredictor } from './shared';
export { type SphereOptions, spherePredictor } from './sphere';
export { SphereConv2D, type SphereConv2DArgs } from './sphere-conv2d';

export default /* @__PURE__ */ plugin('@neusim/hypernet', '0.1.0', [sphere, conv, shared, globalDefinition]);
