/** Wires a neural similarity convolution, and its predictor where the similarity is dynamic. */

import { NeusimError } from '@neusim/registry';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { NeuralSimilarityConv2D, type NeuralSimilarityConv2DArgs } from './layers/neural-similarity-conv2d';

/**
 * A neural similarity convolution of x.
 * @param x [B,H,W,C] (or [B,C,H,W]) with known H, W and C.
 * @param spec the layer's options; `predictor` is needed where the similarity is dynamic, and refused where it is not.
 * @returns [B,H',W',F] in the same data format.
 * @throws NeusimError LAYER_OPTIONS where a dynamic similarity has no predictor, or a static one has.
 */
export function neuralSimilarity(x: SymbolicTensor, spec: NeuralSimilarityConv2DArgs): SymbolicTensor {
  const { predictor } = spec;
  const layer = new NeuralSimilarityConv2D(spec);
  const { name, source } = layer.similarity;
  if (source !== 'predictor') {
    if (predictor)
      throw new NeusimError(
        'LAYER_OPTIONS',
        `similarity ${name} takes no predictor, but '${predictor.name}' was given`,
        {
          data: { similarity: name, predictor: predictor.name },
          hint: 'Leave the predictor out, or choose a dynamic similarity.',
        },
      );
    return layer.apply(x) as SymbolicTensor;
  }
  if (!predictor)
    throw new NeusimError('LAYER_OPTIONS', `similarity ${name} needs a predictor`, {
      data: { similarity: name },
      hint: "Give one of @neusim/hypernet's, such as registry.make('predictor', 'sphere').",
    });
  if (spec.dataFormat === 'channelsFirst')
    throw new NeusimError('LAYER_OPTIONS', "a predictor reads maps in the format 'channelsLast'", {
      data: { dataFormat: spec.dataFormat },
      hint: "Use dataFormat: 'channelsLast', or build the layer on [x, z] yourself.",
    });
  const g = layer.geometry(x.shape);
  const z = predictor.apply(x, layer.similarity.channels(g.taps), g, layer.name);
  return layer.apply([x, z]) as SymbolicTensor;
}
