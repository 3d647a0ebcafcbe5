/**
 * `sphere`: the predictor of the paper's code (method: §4). Its defaults are those of dynamic_dns and dynamic_uns:
 * only m1 divides by the norm of its patch. With both convolutions dividing by both norms it is nsl_fspherenet,
 * which the authors call the best.
 */
import { type Predictor, strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import { disjointPredictor } from './disjoint';
import { type NetworkOptions, type NormOptions, networkEntries, normEntries } from './options';

const version = '1.0.0';

export interface SphereOptions extends NetworkOptions, NormOptions {}

/** A predictor of its own for each layer it is applied to. */
export function spherePredictor(options: SphereOptions): Predictor {
  const { normalizeInput: input, normalizeKernel: kernel } = options;
  return disjointPredictor('sphere', version, options, { input, kernel });
}

export default define({
  kind: 'predictor',
  name: 'sphere',
  version,
  summary: 'two hyperspherical convolutions, a network of its own for each layer',
  options: strictOptions({ ...networkEntries, ...normEntries }),
  load: () => spherePredictor,
});
