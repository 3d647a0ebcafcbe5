/**
 * Gradients of max and average pooling. The stock kernels are slow (the window is searched anew for each element of
 * x) and wrong (max pooling of negative inputs, average pooling with padding); the seam's are composed of many
 * passes. These walk the windows once, in the heap.
 */
import { AVG_POOL_GRAD, MAX_POOL_GRAD, type PoolAttrs } from '@neusim/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { override } from '../override';

export const seamMaxPoolGrad = override<PoolAttrs>(MAX_POOL_GRAD, ({ inputs, attrs, backend }) =>
  maxPoolGrad(inputs.x as tf.Tensor4D, inputs.dy as tf.Tensor4D, attrs, backend),
);

export const stockMaxPoolGrad = override<PoolAttrs>(tf.MaxPoolGrad, ({ inputs, attrs, backend }) =>
  maxPoolGrad(inputs.input as tf.Tensor4D, inputs.dy as tf.Tensor4D, attrs, backend),
);

export const seamAvgPoolGrad = override<PoolAttrs & { readonly xShape: readonly number[] }>(
  AVG_POOL_GRAD,
  ({ inputs, attrs, backend }) => avgPoolGrad(attrs.xShape, inputs.dy as tf.Tensor4D, attrs, backend),
);

export const stockAvgPoolGrad = override<PoolAttrs>(tf.AvgPoolGrad, ({ inputs, attrs, backend }) =>
  avgPoolGrad((inputs.input as tf.Tensor4D).shape, inputs.dy as tf.Tensor4D, attrs, backend),
);

/** dy goes to the first maximum of each window. */
function maxPoolGrad(x: tf.Tensor4D, dy: tf.Tensor4D, attrs: PoolAttrs, backend: BackendWasm): tf.TensorInfo {
  const out = zeros(x.shape, backend);
  const dx = heap(out, backend);
  const values = heap(x, backend);
  const grads = heap(dy, backend);
  const channels = x.shape[3];
  let read = 0;
  for (const pixels of windows(x.shape, attrs))
    for (let c = 0; c < channels; c++, read++) {
      let winner = (pixels[0] as number) * channels + c;
      let best = values[winner] as number;
      for (let i = 1; i < pixels.length; i++) {
        const at = (pixels[i] as number) * channels + c;
        const value = values[at] as number;
        if (value > best) {
          best = value;
          winner = at;
        }
      }
      dx[winner] = (dx[winner] as number) + (grads[read] as number);
    }
  return out;
}

/** dy is shared out among the elements of each window that exist. */
function avgPoolGrad(
  xShape: readonly number[],
  dy: tf.Tensor4D,
  attrs: PoolAttrs,
  backend: BackendWasm,
): tf.TensorInfo {
  const out = zeros(xShape, backend);
  const dx = heap(out, backend);
  const grads = heap(dy, backend);
  const channels = dy.shape[3];
  let read = 0;
  for (const pixels of windows(xShape, attrs)) {
    const share = 1 / pixels.length;
    for (const pixel of pixels) {
      const at = pixel * channels;
      for (let c = 0; c < channels; c++)
        dx[at + c] = (dx[at + c] as number) + (grads[read + c] as number) * share;
    }
    read += channels;
  }
  return out;
}

/** The pixels of x that each window covers, in the order of dy. The array is reused. */
function* windows(xShape: readonly number[], attrs: PoolAttrs): Generator<readonly number[]> {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = xShape as [number, number, number, number];
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const pixels: number[] = [];
  if (info.inChannels === 0) return;
  for (let b = 0; b < info.batchSize; b++)
    for (let oy = 0; oy < info.outHeight; oy++) {
      const top = oy * info.strideHeight - info.padInfo.top;
      const bottom = Math.min(info.inHeight, top + info.filterHeight);
      for (let ox = 0; ox < info.outWidth; ox++) {
        const left = ox * info.strideWidth - info.padInfo.left;
        const right = Math.min(info.inWidth, left + info.filterWidth);
        pixels.length = 0;
        for (let y = Math.max(0, top); y < bottom; y++)
          for (let x = Math.max(0, left); x < right; x++)
            pixels.push((b * info.inHeight + y) * info.inWidth + x);
        yield pixels;
      }
    }
}

function zeros(shape: readonly number[], backend: BackendWasm): tf.TensorInfo {
  const out = backend.makeOutput([...shape], 'float32');
  heap(out, backend).fill(0);
  return out;
}

function heap(x: tf.TensorInfo, backend: BackendWasm): Float32Array {
  return backend.typedArrayFromHeap(x) as Float32Array;
}
