// `global-pool`: one M for a whole image, from the mean of what the layer reads (as squeeze-and-excitation weighs
// channels: Hu et al., CVPR 2018).
//
//     z = W₂ · relu(W₁ · mean(x) + b₁),   [B,C] to [B,1,1,channels]
//
// W₂ starts at zero, so that M = I and the layer begins as a plain convolution.
import { strictOptions, weightSeed } from '@neusim/core';
import { define } from '@neusim/registry';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';

/** @import { Predictor } from '@neusim/core' */
/** @import { SymbolicTensor } from '@tensorflow/tfjs-layers' */

/**
 * @param {{ readonly hidden: number, readonly seed?: number | undefined }} options
 * @returns {Predictor}
 */
export function globalPool(options) {
  return {
    name: 'global-pool',
    options: { ...options },
    apply(x, channels, _, layerName) {
      const name = `${layerName}_predictor`;
      const seed = options.seed === undefined ? undefined : weightSeed(options.seed, name);
      const network = [
        layers.globalAveragePooling2d({ name: `${name}_mean` }),
        layers.dense({
          name: `${name}_hidden`,
          units: options.hidden,
          activation: 'relu',
          kernelInitializer: initializers.heNormal({ seed }),
        }),
        layers.dense({ name: `${name}_z`, units: channels, useBias: false, kernelInitializer: 'zeros' }),
        layers.reshape({ name: `${name}_everywhere`, targetShape: [1, 1, channels] }),
      ];
      return network.reduce((z, layer) => /** @type {SymbolicTensor} */ (layer.apply(z)), x);
    },
  };
}

export default define({
  kind: 'predictor',
  name: 'global-pool',
  version: '1.0.0',
  summary: 'one M for an image, from the mean of the input',
  options: strictOptions({
    hidden: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 16),
    seed: v.optional(v.pipe(v.number(), v.integer())),
  }),
  load: () => globalPool,
});
