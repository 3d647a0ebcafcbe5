/**
 * `tap-attention`: each position attends to the taps of its window. Two convolutions give a score for each tap, from the
 * pixel (`kernelSize: 1`) or from the patch around it, and the scores become factors whose mean is 1:
 *
 *     softmax (default): m = K·softmax(s/T)      sigmoid: m = 2·σ(s/T)
 *
 * so that equal scores leave the inner product, M = I. A full M has such a row of factors for each kernel tap, added to I as
 * m − 1; other numbers of values are taken in groups of K, or as one group where K does not divide them. Softmax lets taps
 * compete, and a low temperature chooses one; a sigmoid judges each by itself. The choice is ours.
 */
import { type Predictor, registerLayer, strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { connect, convolutions, norms, plan, registerPredictorLayers } from './network';
import { type NetworkOptions, type NormOptions, networkEntries, normEntries } from './options';
import { TapAttention } from './tap-attention-layer';

const version = '1.0.0';

export interface TapAttentionOptions extends NetworkOptions, NormOptions {
  /** Default `softmax`. */
  readonly attention: 'softmax' | 'sigmoid';
  /** T, above 0; default 1. */
  readonly temperature: number;
}

/** A predictor of its own for each layer it is applied to. */
export function tapAttentionPredictor(options: TapAttentionOptions): Predictor {
  registerPredictorLayers();
  registerLayer(TapAttention);
  const { attention, temperature } = options;
  const norm = { input: options.normalizeInput, kernel: options.normalizeKernel };
  return Object.freeze<Predictor>({
    name: 'tap-attention',
    version,
    options: { ...options },
    apply(x, channels, g, layerName) {
      const prefix = `${layerName}_predictor`;
      const decided = plan(options, channels, g.taps);
      const layers = convolutions(options, norm, decided, prefix);
      const scores = connect(x, layers, norms(options, decided, prefix), g, prefix);
      const taps = channels % g.taps === 0 ? g.taps : channels;
      const attend = new TapAttention({ name: `${prefix}_attention`, taps, attention, temperature });
      return attend.apply(scores) as SymbolicTensor;
    },
  });
}

export default define({
  kind: 'predictor',
  name: 'tap-attention',
  version,
  summary: 'attention over the taps of each window, by softmax or sigmoid',
  options: strictOptions({
    ...networkEntries,
    ...normEntries,
    attention: v.optional(v.picklist(['softmax', 'sigmoid']), 'softmax'),
    temperature: v.optional(v.pipe(v.number(), v.gtValue(0)), 1),
  }),
  load: () => tapAttentionPredictor,
});
