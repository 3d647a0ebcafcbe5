/** A predictor for tests of dynamic similarities, in a plug-in of its own so that models with it load again. */

import { NeuralSimilarityConv2D, type Predictor } from '@neusim/core';
import { define, noOptions, plugin } from '@neusim/registry';
import * as tfl from '@tensorflow/tfjs-layers';

/** The least predictor: one convolution of the layer's own geometry. */
export const plainPredictor: Predictor = {
  name: 'plain',
  options: {},
  apply: (x, channels, g, layerName) =>
    new NeuralSimilarityConv2D({
      name: `${layerName}_z`,
      filters: channels,
      kernelSize: [g.kernelHeight, g.kernelWidth],
      strides: [...g.strides],
      dilationRate: [...g.dilations],
      padding: g.pad.flat().some((n) => n > 0) || g.outHeight * g.strides[0] >= g.height ? 'same' : 'valid',
      useBias: false,
      kernelInitializer: tfl.initializers.randomNormal({ stddev: 0.1, seed: 7 }),
    }).apply(x) as tfl.SymbolicTensor,
};

export const testPredictors = plugin('test', '1.0.0', [
  define({
    kind: 'predictor',
    name: 'plain',
    version: '1.0.0',
    summary: 'one convolution',
    options: noOptions,
    load: () => () => plainPredictor,
  }),
]);
