/**
 * Second order for the stock ops a network is made of. tfjs's gradients of these save outputs (second order is
 * then silently wrong), end in kernels without a gradient, are wrong on one engine (pooling on wasm) or slow; here they
 * are replaced by ones that save inputs.
 */
import * as tf from '@tensorflow/tfjs-core';
import { avgPoolGrad, maxPoolGrad, type PoolAttrs } from './pooling';
import { reluGrad } from './relu';

type Gradient = Omit<tf.GradConfig, 'kernelName'>;

/** dy·f'(x) for an elementwise op, with f' written in differentiable ops. */
const elementwise = (derivative: (x: tf.Tensor) => tf.Tensor): Gradient => ({
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ x: () => tf.mul(dy as tf.Tensor, derivative(x as tf.Tensor)) }),
});

/**
 * dy spread over the axes that were reduced, times `share`. The stock gradient multiplies with ones of x's whole shape,
 * made in JavaScript.
 */
const spread = (share: (reduced: number) => number): Gradient => ({
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => {
      const { shape } = x as tf.Tensor;
      const axes = tf.util.parseAxisParam(attrs.axis as number[], shape);
      const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const reduced = shape.map((size, axis) => (axes.includes(axis) ? size : 1));
      const factor = share(tf.util.sizeFromShape(reduced));
      return tf.mul(tf.reshape(dy as tf.Tensor, kept), tf.fill(reduced, factor));
    },
  }),
});

const gradients: Readonly<Record<string, Gradient>> = {
  Sum: spread(() => 1),
  Mean: spread((reduced) => 1 / reduced),
  Exp: elementwise((x) => tf.exp(x)),
  Tanh: elementwise((x) => tf.sub(1, tf.square(tf.tanh(x)))),
  Sigmoid: elementwise((x) => {
    const s = tf.sigmoid(x);
    return tf.mul(s, tf.sub(1, s));
  }),
  Relu: {
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => reluGrad(dy as tf.Tensor, x as tf.Tensor) }),
  },
  LeakyRelu: {
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { alpha }) => ({
      x: () => {
        const below = tf.mul(dy as tf.Tensor, alpha as number);
        return tf.add(below, reluGrad(tf.mul(dy as tf.Tensor, 1 - (alpha as number)), x as tf.Tensor));
      },
    }),
  },
  Softmax: {
    inputsToSave: ['logits'],
    gradFunc: (dy, [logits], attrs) => ({
      logits: () => {
        const p = tf.softmax(logits as tf.Tensor, attrs.dim as number);
        const weighted = tf.mul(dy as tf.Tensor, p);
        return tf.sub(weighted, tf.mul(tf.sum(weighted, attrs.dim as number, true), p));
      },
    }),
  },
  // tfjs has gradients of Conv2D and of Conv2DBackpropInput: with this one the three are closed.
  Conv2DBackpropFilter: {
    inputsToSave: ['x', 'dy'],
    gradFunc: (ddw, [x, dy], attrs) => {
      const run = (kernel: string, inputs: object, own: object) =>
        tf.engine().runKernel(kernel, { ...inputs, filter: ddw } as never, { ...attrs, ...own }) as tf.Tensor;
      return {
        x: () => run(tf.Conv2DBackpropInput, { dy }, { inputShape: (x as tf.Tensor).shape }),
        dy: () => run(tf.Conv2D, { x }, { dilations: 1 }),
      };
    },
  },
  MaxPool: {
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => ({
      x: () => maxPoolGrad(dy as tf.Tensor4D, x as tf.Tensor4D, attrs as unknown as PoolAttrs),
    }),
  },
  AvgPool: {
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => ({
      x: () => avgPoolGrad(dy as tf.Tensor4D, (x as tf.Tensor4D).shape, attrs as unknown as PoolAttrs),
    }),
  },
};

/**
 * Registers with tfjs the gradients of convolutions and pooling that it lacks. `startBackend` calls it before and after
 * an engine starts: a package that brings its own copy of tfjs (tfjs-node) registers the stock gradients again.
 */
export function closeStockGradients(): void {
  for (const [kernelName, gradient] of Object.entries(gradients)) {
    const registered = tf.getGradient(kernelName);
    if (registered?.gradFunc === gradient.gradFunc) continue;
    if (registered) tf.unregisterGradient(kernelName);
    tf.registerGradient({ kernelName, ...gradient });
  }
}
