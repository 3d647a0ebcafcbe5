/** TensorFlow's operations that this package runs, as its documentation has them, in tfjs's plain JavaScript. */
import * as tf from '@tensorflow/tfjs-core';

interface Attributes {
  readonly ksizes: number[];
  readonly ksize: number[];
  readonly strides: number[];
  readonly rates: number[];
  readonly dilations: number[];
  readonly padding: string;
  readonly epsilon: number;
}

type Operation = (inputs: tf.Tensor[], attributes: Attributes) => tf.Tensor | tf.Tensor[];
type Middle = [number, number, number];

const sides = (list: readonly number[]) => (list as Middle).slice(1, 3) as [number, number];
const kernel = (name: string, inputs: object, attrs: object) =>
  tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap) as tf.Tensor;
const numbers = (shape: tf.Tensor | undefined) => Array.from((shape as tf.Tensor).dataSync());

const convolution = ({ strides, padding, dilations }: Attributes) => {
  if (padding !== 'VALID' || Math.max(...dilations) > 1) throw new Error('not seen on the CPU');
  return { strides: sides(strides), pad: 'valid', dataFormat: 'NHWC' };
};

const pooling = ({ ksize, strides, padding }: Attributes) => ({
  filterSize: sides(ksize),
  strides: sides(strides),
  pad: padding.toLowerCase(),
});

export const operations: Readonly<Record<string, Operation>> = {
  ExtractImagePatches: ([x], { ksizes, strides, rates }) => {
    const [high, wide] = sides(ksizes);
    const [down, across] = sides(strides);
    const [rateDown, rateAcross] = sides(rates);
    const [batch, height, width, channels] = (x as tf.Tensor4D).shape;
    const rows = Math.floor((height - (high - 1) * rateDown - 1) / down) + 1;
    const columns = Math.floor((width - (wide - 1) * rateAcross - 1) / across) + 1;
    const taps = Array.from({ length: high * wide }, (_, tap) => {
      const [top, left] = [Math.floor(tap / wide) * rateDown, (tap % wide) * rateAcross];
      const end = [batch, top + (rows - 1) * down + 1, left + (columns - 1) * across + 1, channels];
      return tf.stridedSlice(x as tf.Tensor, [0, top, left, 0], end, [1, down, across, 1]);
    });
    return tf.concat(taps, 3);
  },

  Conv2DBackpropInput: ([shape, filter, dy], attributes) =>
    kernel('Conv2DBackpropInput', { dy, filter }, { ...convolution(attributes), inputShape: numbers(shape) }),

  Conv2DBackpropFilter: ([x, shape, dy], attributes) =>
    kernel('Conv2DBackpropFilter', { x, dy }, { ...convolution(attributes), filterShape: numbers(shape) }),

  FusedBatchNormV3: ([x, scale, offset], { epsilon }) => {
    const { mean, variance } = tf.moments(x as tf.Tensor, [0, 1, 2]);
    const y = tf.batchNorm(
      x as tf.Tensor4D,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
      offset as tf.Tensor1D,
      scale as tf.Tensor1D,
      epsilon,
    );
    const count = (x as tf.Tensor).size / mean.size;
    return [y, mean, tf.mul(variance, count / Math.max(1, count - 1)), mean, variance, tf.tensor1d([])];
  },

  FusedBatchNormGradV3: ([dy, x, scale, mean, variance], { epsilon }) => {
    const rstd = tf.rsqrt(tf.add(variance as tf.Tensor, epsilon));
    const normed = tf.mul(tf.sub(x as tf.Tensor, mean as tf.Tensor), rstd);
    const dscale = tf.sum(tf.mul(dy as tf.Tensor, normed), [0, 1, 2]);
    const doffset = tf.sum(dy as tf.Tensor, [0, 1, 2]);
    const count = (x as tf.Tensor).size / dscale.size;
    const mid = tf.div(tf.add(doffset, tf.mul(normed, dscale)), count);
    return [tf.mul(tf.sub(dy as tf.Tensor, mid), tf.mul(scale as tf.Tensor, rstd)), dscale, doffset];
  },

  ReluGrad: ([dy, x]) => tf.where(tf.greater(x as tf.Tensor, 0), dy as tf.Tensor, 0),

  MaxPoolGrad: ([input, output, dy], attributes) =>
    kernel('MaxPoolGrad', { dy, input, output }, pooling(attributes)),

  // tfjs-cpu's AvgPoolGrad is wrong at padded edges; a window's share is one over how many of its places exist.
  AvgPoolGrad: ([shape, dy], attributes) => {
    const { filterSize, strides, pad } = pooling(attributes);
    const average = (x: tf.Tensor4D) => tf.avgPool(x, filterSize, strides, pad as 'same');
    const size = numbers(shape) as [number, number, number, number];
    const grad = tf.buffer(size);
    const [info, dys] = [
      tf.backend_util.computePool2DInfo(size, filterSize, strides, 1, pad as 'same'),
      (dy as tf.Tensor4D).bufferSync(),
    ];
    const exists = (place: number, end: number) => place >= 0 && place < end;
    const [batch, rows, columns, channels] = average(tf.zeros(size)).shape;
    for (let b = 0; b < batch; b++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          const places: Middle[] = [];
          for (let h = 0; h < filterSize[0]; h++)
            for (let w = 0; w < filterSize[1]; w++) {
              const [y, x] = [i * strides[0] + h - info.padInfo.top, j * strides[1] + w - info.padInfo.left];
              if (exists(y, size[1]) && exists(x, size[2])) places.push([b, y, x]);
            }
          for (let c = 0; c < channels; c++)
            for (const place of places)
              grad.set(grad.get(...place, c) + (dys.get(b, i, j, c) as number) / places.length, ...place, c);
        }
    return grad.toTensor();
  },
};
