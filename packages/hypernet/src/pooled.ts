/**
 * `pooled`: one M for each image. m1 and m2 are dense layers that see the mean of the layer's input over all positions, and
 * what they give holds at every position: z [B,1,1,channels]. That is the grain of squeeze and excitation (Hu et al. 2018)
 * and of kernels mixed for each image, for a similarity.
 *
 *     z = m2(ReLU(m1(mean over positions of x)))
 *
 * The choice of network is ours: as `sphere`'s, m1 is divided by the norm of what it sees. There is no batch norm unless it is
 * asked for, as its statistics would be those of a batch's few means.
 */
import { type Predictor, strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as v from 'valibot';
import { imageMean } from './image-network';
import { connect, convolutions, norms, plan, registerPredictorLayers } from './network';
import { type NetworkOptions, type NormOptions, networkEntries, normEntries } from './options';

const version = '1.0.0';

export interface PooledOptions extends Omit<NetworkOptions, 'kernelSize' | 'batchNorm'>, NormOptions {
  /** Batch norm after m1 and m2, over the images of a batch; default false. */
  readonly batchNorm: boolean;
}

/** A predictor of its own for each layer it is applied to. */
export function pooledPredictor(options: PooledOptions): Predictor {
  registerPredictorLayers();
  const network = { ...options, kernelSize: 1 };
  const norm = { input: options.normalizeInput, kernel: options.normalizeKernel };
  return Object.freeze<Predictor>({
    name: 'pooled',
    version,
    options: { ...options },
    apply(x, channels, g, layerName) {
      const prefix = `${layerName}_predictor`;
      const decided = plan(network, channels, g.taps);
      const layers = convolutions(network, norm, decided, prefix);
      return connect(imageMean(x, prefix), layers, norms(network, decided, prefix), undefined, prefix);
    },
  });
}

const { kernelSize: _, ...entries } = networkEntries;

export default define({
  kind: 'predictor',
  name: 'pooled',
  version,
  summary: 'two dense layers on the mean of the map: one M for each image',
  options: strictOptions({ ...entries, batchNorm: v.optional(v.boolean(), false), ...normEntries }),
  load: () => pooledPredictor,
});
