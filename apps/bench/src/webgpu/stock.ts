/**
 * What of the seam tfjs-webgpu has kernels of its own for, where the seam would compose instead: the gradients of
 * convolution and of max-pooling. With these, `stock` is what one has without NeuSim. Never to be made faster.
 */
import {
  CONV2D_BACKPROP_FILTER,
  CONV2D_BACKPROP_INPUT,
  type ConvAttrs,
  composed as compositions,
  MAX_POOL_GRAD,
  type PoolAttrs,
} from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

type Inputs = Readonly<Record<'x' | 'w' | 'dy', tf.Tensor4D>>;

const run = (kernel: string, inputs: object, attrs: object) =>
  tf.engine().runKernel(kernel, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap) as tf.Tensor;

function attrsOf({ g }: ConvAttrs) {
  const pad = [[0, 0], [...g.pad[0]], [...g.pad[1]], [0, 0]];
  return { strides: [...g.strides], pad, dataFormat: 'NHWC', dimRoundingMode: undefined };
}

/** tfjs has no gradients of dilated convolutions. */
const isDilated = ({ g }: ConvAttrs) => g.dilations.some((d) => d > 1);

const kernels: Readonly<Record<string, (inputs: Inputs, attrs: never) => tf.Tensor>> = {
  [CONV2D_BACKPROP_INPUT]: ({ w, dy }, attrs: ConvAttrs) =>
    isDilated(attrs)
      ? compositions.convBackpropInput(w, dy, attrs.g)
      : run(
          tf.Conv2DBackpropInput,
          { dy, filter: w },
          { ...attrsOf(attrs), inputShape: [dy.shape[0], attrs.g.height, attrs.g.width, attrs.g.channels] },
        ),
  [CONV2D_BACKPROP_FILTER]: ({ x, dy }, attrs: ConvAttrs) =>
    isDilated(attrs)
      ? compositions.convBackpropFilter(x, dy, attrs.g)
      : run(
          tf.Conv2DBackpropFilter,
          { x, dy },
          {
            ...attrsOf(attrs),
            filterShape: [attrs.g.kernelHeight, attrs.g.kernelWidth, attrs.g.channels, dy.shape[3]],
          },
        ),
  [MAX_POOL_GRAD]: ({ x, dy }, { filterSize, strides, pad, dimRoundingMode }: PoolAttrs) => {
    const output = tf.maxPool(x, filterSize, strides, pad, dimRoundingMode);
    return run(tf.MaxPoolGrad, { dy, input: x, output }, { filterSize, strides, pad, dimRoundingMode });
  },
};

/** Registers them with a backend. */
export function registerStock(backendName: string): void {
  for (const [kernelName, compute] of Object.entries(kernels))
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => [compute(inputs as unknown as Inputs, attrs as unknown as never)]),
    });
}
