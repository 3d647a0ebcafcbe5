/**
 * `conv`: the plain predictor, two convolutions that divide by no norm (method: §4). The paper found it to train
 * unstably, and `sphere` to be the cure; it is here to be compared with.
 */
import { type Predictor, strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import { disjointPredictor } from './disjoint';
import { type NetworkOptions, networkEntries } from './options';

const version = '1.0.0';

export type ConvPredictorOptions = NetworkOptions;

/** A predictor of its own for each layer it is applied to. */
export function convPredictor(options: ConvPredictorOptions): Predictor {
  return disjointPredictor('conv', version, options, { input: [false, false], kernel: [false, false] });
}

export default define({
  kind: 'predictor',
  name: 'conv',
  version,
  summary: 'two plain convolutions, a network of its own for each layer',
  options: strictOptions(networkEntries),
  load: () => convPredictor,
});
