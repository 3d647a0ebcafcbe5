/**
 * `od-conv`: omni-dimensional dynamic convolution (Li et al. 2022). Four attentions, read off the whole image by one small
 * network, weight a mixture of n kernels along all of its dimensions: taps s, input channels c, filters f, kernels w.
 *
 *     y = Σᵢ (αwᵢ · αf · αc · αsᵢ · Wᵢ) ∗ x
 *     α = heads(ReLU(FC(mean over positions of x))):  σ(·/T) for αs, αc, αf, softmax(·/T) for αw
 *
 * As in the authors' code αs is one for all kernels, has no head where the kernel has one tap, and αw none for n = 1. In the
 * house's terms that is y = αf ⊙ ⟨Σᵢ αwᵢ·Wᵢ, M·S(αc ⊙ x)⟩ with M = diag(αs), one for each image.
 */
import { BatchNorm, type Operator, registerLayer } from '@neusim/core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { dense, imageMean, relu } from '../image-network';
import { registerPredictorLayers } from '../network';
import { ODConv2D, type ODConvOptions } from './od-conv-2d';

const version = '1.0.0';

/** An operator whose kernels each start by themselves, He-normal where the layer names no initialiser. */
export function odConv(options: ODConvOptions): Operator {
  registerPredictorLayers();
  registerLayer(ODConv2D);
  const operator: Operator = Object.freeze<Operator>({
    name: 'od-conv',
    version,
    options: { ...options },
    apply(x, args) {
      const prefix = `${args.name}_predictor`;
      const layer = new ODConv2D({ ...args, operator });
      const { taps, channels } = layer.geometry(x.shape);
      const { reduction, minHidden, batchNorm, normDecay, kernels } = options;
      const hidden = Math.max(Math.floor(channels * reduction), minHidden);
      const squeezed = dense(imageMean(x, prefix), hidden, `${prefix}_squeeze`, {
        ...options,
        useBias: !batchNorm,
      });
      const norm = new BatchNorm({ name: `${prefix}_bn`, momentum: normDecay });
      const normed = batchNorm ? (norm.apply(squeezed) as SymbolicTensor) : squeezed;
      const read = relu(normed, `${prefix}_relu`);
      const head = (name: string, values: number) => dense(read, values, `${prefix}_${name}`, options);
      return layer.apply([
        x,
        head('channel', channels),
        head('filter', layer.filters),
        ...(taps > 1 ? [head('tap', taps)] : []),
        ...(kernels > 1 ? [head('kernel', kernels)] : []),
      ]) as SymbolicTensor;
    },
  });
  return operator;
}
