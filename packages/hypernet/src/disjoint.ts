/** Predictors that are a network of their own for each layer (disjoint parameterization, method: §5). */
import type { Predictor } from '@neusim/core';
import { connect, convolutions, type Norms, norms, plan, registerPredictorLayers } from './network';
import type { NetworkOptions } from './options';

/**
 * Its `apply` takes x [B,H,W,C] to z [B,H',W',channels] on the layer's output grid.
 * @param name @param version of the predictor's definition, as they are saved.
 * @param options what is saved with it.
 * @param norm what its two convolutions divide by.
 */
export function disjointPredictor(
  name: string,
  version: string,
  options: NetworkOptions,
  norm: Norms,
): Predictor {
  registerPredictorLayers();
  return Object.freeze<Predictor>({
    name,
    version,
    options: { ...options },
    apply(x, channels, g, layerName) {
      const prefix = `${layerName}_predictor`;
      const decided = plan(options, channels, g.taps);
      const convs = convolutions(options, norm, decided, prefix);
      return connect(x, convs, norms(options, decided, prefix), g, prefix);
    },
  });
}
