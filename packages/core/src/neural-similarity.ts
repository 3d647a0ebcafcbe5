/** Wires a neural similarity convolution, and its predictor where the similarity is dynamic. */

import { NeusimError } from '@neusim/registry';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { NeuralSimilarityConv2D, type NeuralSimilarityConv2DArgs } from './layers/neural-similarity-conv2d';

/**
 * A neural similarity convolution of x.
 * @param x [B,H,W,C] (or [B,C,H,W]) with known H, W and C.
 * @param spec the layer's options; `predictor` is needed where the similarity is dynamic, and refused where it is not.
 * @returns [B,H',W',F] in the same data format.
 * @throws NeusimError LAYER_OPTIONS where a dynamic similarity has no predictor, or a static one has.
 */
export function neuralSimilarity(x: SymbolicTensor, spec: NeuralSimilarityConv2DArgs): SymbolicTensor {
  return wireSimilarity(new NeuralSimilarityConv2D(spec), x);
}

/**
 * Applies a layer to x, with a predictor's network of its own where its similarity is dynamic: what `neuralSimilarity`
 * does, for a layer that is there already and has not been used.
 * @throws NeusimError as `neuralSimilarity`.
 */
export function wireSimilarity(layer: NeuralSimilarityConv2D, x: SymbolicTensor): SymbolicTensor {
  const { predictor, similarity } = layer;
  const { name, source } = similarity;
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
  const g = layer.geometry(x.shape);
  const z = predictor.apply(channelsLast(layer, x), similarity.channels(g.taps), g, layer.name);
  return layer.apply([x, z]) as SymbolicTensor;
}

/** Predictors read [B,H,W,C], and so is what they give, whatever the layer's format. */
function channelsLast(layer: NeuralSimilarityConv2D, x: SymbolicTensor): SymbolicTensor {
  if (layer.getConfig().dataFormat !== 'channelsFirst') return x;
  return layers
    .permute({ name: `${layer.name}_predictor_input`, dims: [2, 3, 1] })
    .apply(x) as SymbolicTensor;
}
