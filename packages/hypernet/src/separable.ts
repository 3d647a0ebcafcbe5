/**
 * `separable`: m1 and m2 are depthwise-separable convolutions (Chollet 2017), with about a ninth of the parameters and
 * multiply-adds that `sphere` has. As there, m1 is divided by the norm of the patch. The choice is ours.
 */
import { type Predictor, registerLayer, strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as v from 'valibot';
import { connect, convolutions, norms, plan, registerPredictorLayers } from './network';
import { type NetworkOptions, networkEntries, pair } from './options';
import { SeparableConv2D } from './separable-conv2d';

const version = '1.0.0';

export interface SeparableOptions extends NetworkOptions {
  /** Divide by the norm of the patch, for m1 and m2; default [true, false]. */
  readonly normalizeInput: readonly [boolean, boolean];
}

/** A predictor of its own for each layer it is applied to. */
export function separablePredictor(options: SeparableOptions): Predictor {
  registerPredictorLayers();
  registerLayer(SeparableConv2D);
  const norm = { input: options.normalizeInput, kernel: [false, false] } as const;
  return Object.freeze<Predictor>({
    name: 'separable',
    version,
    options: { ...options },
    apply(x, channels, g, layerName) {
      const prefix = `${layerName}_predictor`;
      const decided = plan(options, channels, g.taps);
      const layers = convolutions(options, norm, decided, prefix, (args) => new SeparableConv2D(args));
      return connect(x, layers, norms(options, decided, prefix), g, prefix);
    },
  });
}

export default define({
  kind: 'predictor',
  name: 'separable',
  version,
  summary: 'two depthwise-separable convolutions, a network of its own for each layer',
  options: strictOptions({ ...networkEntries, normalizeInput: v.optional(pair, [true, false]) }),
  load: () => separablePredictor,
});
