/**
 * `cond-conv`: conditionally parameterised convolution (Yang et al. 2019), and with a softmax dynamic convolution (Chen et
 * al. 2020). The kernel is a mixture of n learned ones, whose shares a small network reads off the whole image:
 *
 *     y = σ(logits(x)) · (W₁ … Wₙ) ∗ x,   logits = Dense(mean over positions of x)
 *
 * CondConv's routing is one dense layer and a sigmoid. Dynamic convolution has a hidden layer of C/4 channels with ReLU,
 * and a softmax of logits / temperature; the paper begins with temperature 30, so that all kernels learn, and ends with 1.
 */
import { type Operator, registerLayer } from '@neusim/core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { dense, imageMean, relu } from '../image-network';
import { registerPredictorLayers } from '../network';
import { CondConv2D, type CondConvOptions } from './cond-conv-2d';

const version = '1.0.0';

/** An operator whose kernels each start by themselves, He-normal where the layer names no initialiser. */
export function condConv(options: CondConvOptions): Operator {
  registerPredictorLayers();
  registerLayer(CondConv2D);
  const operator: Operator = Object.freeze<Operator>({
    name: 'cond-conv',
    version,
    options: { ...options },
    apply(x, args) {
      const prefix = `${args.name}_predictor`;
      const { experts, routing } = options;
      const quarter = Math.max(1, Math.ceil((x.shape[3] as number) / 4));
      const hidden = options.hidden === 'auto' ? (routing === 'softmax' ? quarter : 0) : options.hidden;
      let read = imageMean(x, prefix);
      if (hidden > 0) read = relu(dense(read, hidden, `${prefix}_hidden`, options), `${prefix}_relu`);
      const logits = dense(read, experts, `${prefix}_routing`, options);
      return new CondConv2D({ ...args, operator }).apply([x, logits]) as SymbolicTensor;
    },
  });
  return operator;
}
