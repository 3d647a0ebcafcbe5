/**
 * `global-similarity`: a convolution, and then the block of global neural similarity on what it gives (Liu et al. 2019,
 * appendix B; method: §12): each position is compared with each other. It starts as the convolution alone.
 */
import { neuralSimilarity, type Operator, registerLayer, strictOptions } from '@neusim/core';
import { define, NeusimError } from '@neusim/registry';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { GlobalSimilarity2D, type GlobalSimilarityOptions } from './global-similarity-2d';

const version = '1.0.0';

/**
 * The operator. Its block alone, on a map that is there already: `new GlobalSimilarity2D({ operator })`.
 * Its `apply` throws NeusimError LAYER_OPTIONS for `channelsFirst`.
 */
export function globalSimilarity(options: GlobalSimilarityOptions): Operator {
  registerLayer(GlobalSimilarity2D);
  const operator: Operator = Object.freeze<Operator>({
    name: 'global-similarity',
    version,
    options: { ...options },
    apply(x, { activation, ...args }) {
      if (args.dataFormat === 'channelsFirst')
        throw new NeusimError('LAYER_OPTIONS', 'global-similarity reads maps in the format channelsLast', {
          data: { dataFormat: args.dataFormat },
          hint: "Use dataFormat: 'channelsLast'.",
        });
      const convolved = neuralSimilarity(x, { ...args, name: `${args.name}_conv` });
      const y = new GlobalSimilarity2D({ name: args.name, operator }).apply(convolved) as SymbolicTensor;
      if (!activation) return y;
      return layers.activation({ name: `${args.name}_activation`, activation }).apply(y) as SymbolicTensor;
    },
  });
  return operator;
}

export default define({
  kind: 'operator',
  name: 'global-similarity',
  version,
  summary: 'a convolution whose positions are compared with each other: global neural similarity',
  options: strictOptions({
    bottleneck: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 8),
    relu: v.optional(v.boolean(), true),
    orthogonality: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 2e-4),
    seed: v.optional(v.pipe(v.number(), v.integer())),
  }),
  load: () => globalSimilarity,
});
