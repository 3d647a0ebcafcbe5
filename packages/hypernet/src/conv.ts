/**
 * `conv`: the plain predictor, two convolutions that divide by no norm (method: §4). The paper found it to train
 * unstably, and `sphere` to be the cure; it is here to be compared with.
 */
import type { Predictor } from '@neusim/core';
import { define } from '@neusim/registry';
import * as v from 'valibot';
import { connect, convolutions, norms, plan, registerPredictorLayers } from './network';
import { type NetworkOptions, networkEntries } from './options';

export type ConvPredictorOptions = NetworkOptions;

const norm = { input: [false, false], kernel: [false, false] } as const;

/** A predictor of its own for each layer it is applied to (disjoint parameterization). */
export function convPredictor(options: ConvPredictorOptions): Predictor {
  registerPredictorLayers();
  return Object.freeze<Predictor>({
    name: 'conv',
    options: { ...options },
    apply(x, channels, g, layerName) {
      const name = `${layerName}_predictor`;
      const decided = plan(options, channels, g.taps);
      return connect(x, convolutions(options, norm, decided, name), norms(options, decided, name), g, name);
    },
  });
}

export default define({
  kind: 'predictor',
  name: 'conv',
  version: '1.0.0',
  summary: 'two plain convolutions, a network of its own for each layer',
  options: v.strictObject(networkEntries),
  load: () => convPredictor,
});
