/**
 * Max pooling and the gradients of max and average pooling, each element of the result gathering what is its own. The
 * gradient of max pooling goes to the first maximum of each window; the stock kernel gives it to the last, and that of
 * average pooling takes windows at the edge for whole ones.
 */
import { AVG_POOL_GRAD, MAX_POOL_GATHER, MAX_POOL_GRAD, type PoolAttrs } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from '../engine/internals';
import { launch, output } from '../engine/launch';
import type { Element, Program } from '../engine/program';
import { override } from '../override';
import { FLAT_INDEX, flatWorkgroups, WORKGROUP } from './flat';
import { zeros } from './outputs';
import { eachWindowOf, PLACES, windowsOf, windowUniforms } from './windows';

/** Elements of x that the gradient may read for each element, before it is cheaper to write down the maxima first. */
const FEW_READS = 16;

interface Pooling {
  readonly name: string;
  readonly variant: string;
  readonly inputs: readonly string[];
  /** Names of buffers of tap numbers among inputs and outputs. */
  readonly taps?: readonly string[];
  readonly output: string;
  /** Whether there is an invocation for each element of x, or one for each of y. */
  readonly over: 'x' | 'y';
  /** Whether `x` is among the inputs, so that windows can be searched. */
  readonly functions?: string;
  /** WGSL that writes the output at `o`, whose place is `place`. */
  readonly body: string;
}

/**
 * WGSL: the largest value of a window, of which the first is at `tap` (−1 where the window sees no pixel). NaN is the
 * largest of all, and what comes after it is no longer looked at; the tap is then that of the largest before.
 */
const MAXIMUM = (of: Element) => `
struct Maximum { value: T, tap: I }
fn isNaN(v: T) -> B { return (bitcast<N>(v) & N(0x7fffffffu)) > N(0x7f800000u); }
fn maximum(place: Place) -> Maximum {
  var best = Maximum(T(-3.40282346e38), I(-1));
  var seen = false;
  let top = place.row * u.strideHeight - u.top;
  let left = place.column * u.strideWidth - u.left;
  for (var p = 0; p < u.kernelHeight; p++) {
    for (var q = 0; q < u.kernelWidth; q++) {
      if (!isIn(top + p, left + q)) { continue; }
      let value = x[inX(place.image, top + p, left + q, place.channel)];
      let isFirst = B(!seen);
      seen = true;
      let isLarger = ${of === 'f32' ? 'isFirst || value > best.value' : 'isFirst | (value > best.value)'};
      best.tap = select(best.tap, I(p * u.kernelWidth + q), isLarger);
      best.value = select(best.value, value, ${of === 'f32' ? 'isLarger || isNaN(value)' : 'isLarger | isNaN(value)'});
    }
  }
  return best;
}`;

function programOf(of: Pooling, width: 1 | 4) {
  const element = (width === 4 ? 'vec4<f32>' : 'f32') as Element;
  const taps = (width === 4 ? 'vec4<i32>' : 'i32') as Element;
  const buffer = (name: string) => ({ name, of: of.taps?.includes(name) ? taps : element });
  const [height, across] = of.over === 'x' ? ['u.height', 'u.width'] : ['u.outHeight', 'u.outWidth'];
  return {
    name: of.name,
    variant: `${of.variant} of ${width}`,
    inputs: of.inputs.map(buffer),
    outputs: [buffer(of.output)],
    uniforms: windowUniforms,
    code: () => `${FLAT_INDEX}
alias T = ${element};
alias I = ${taps};
alias N = ${width === 4 ? 'vec4<u32>' : 'u32'};
alias B = ${width === 4 ? 'vec4<bool>' : 'bool'};
${PLACES}
${of.inputs.includes('x') ? MAXIMUM(element) : ''}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let o = flatIndex(id, groups);
  if (o < u.size) {
    let place = placeIn(o, ${height}, ${across});
    ${of.body}
  }
}`,
  } as const satisfies Program;
}

const forward: Pooling = {
  name: tf.MaxPool,
  variant: 'forward',
  inputs: ['x'],
  output: 'y',
  over: 'y',
  body: 'y[o] = maximum(place).value;',
};

const positions: Pooling = {
  name: MAX_POOL_GRAD,
  variant: 'positions',
  inputs: ['x'],
  taps: ['taps'],
  output: 'taps',
  over: 'y',
  body: 'taps[o] = maximum(place).tap;',
};

const gradientWith = (name: string, inputs: string[], tap: string): Pooling => ({
  name: MAX_POOL_GRAD,
  variant: `gradient, ${name}`,
  inputs,
  taps: ['taps'],
  output: 'dx',
  over: 'x',
  body: `var sum = T(0.0);
    ${eachWindowOf(`let at = inY(place.image, i, j, place.channel);
        sum += select(T(0.0), dy[at], ${tap} == I(p * u.kernelWidth + q));`)}
    dx[o] = sum;`,
});

const gradient = gradientWith('at once', ['dy', 'x'], 'maximum(Place(place.image, i, j, place.channel)).tap');
const gradientFromTaps = gradientWith('from positions', ['dy', 'taps'], 'taps[at]');

/** What lies at the maxima. */
const gather: Pooling = {
  name: MAX_POOL_GATHER,
  variant: '',
  inputs: ['x', 'v'],
  output: 'y',
  over: 'y',
  body: `let taps = maximum(place).tap;
    var sum = T(0.0);
    for (var p = 0; p < u.kernelHeight; p++) {
      for (var q = 0; q < u.kernelWidth; q++) {
        let row = place.row * u.strideHeight - u.top + p;
        let column = place.column * u.strideWidth - u.left + q;
        if (!isIn(row, column)) { continue; }
        let value = v[inX(place.image, row, column, place.channel)];
        sum = select(sum, value, taps == I(p * u.kernelWidth + q));
      }
    }
    y[o] = sum;`,
};

/** dy is shared out among the pixels of each window that exist. */
const averageGradient: Pooling = {
  name: AVG_POOL_GRAD,
  variant: '',
  inputs: ['dy'],
  output: 'dx',
  over: 'x',
  body: `var sum = T(0.0);
    ${eachWindowOf(`let top = i * u.strideHeight - u.top;
        let left = j * u.strideWidth - u.left;
        let rows = min(top + u.kernelHeight, u.height) - max(top, 0);
        let columns = min(left + u.kernelWidth, u.width) - max(left, 0);
        sum += dy[inY(place.image, i, j, place.channel)] / f32(rows * columns);`)}
    dx[o] = sum;`,
};

type Info = tf.backend_util.Conv2DInfo;

function infoOf(xShape: readonly number[], attrs: PoolAttrs): Info {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = xShape as [number, number, number, number];
  return tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
}

function pool(
  gpu: Gpu,
  of: Pooling,
  info: Info,
  inputs: readonly tf.TensorInfo[],
  dtype: tf.DataType = 'float32',
): tf.TensorInfo {
  const shape = of.over === 'x' ? info.inShape : info.outShape;
  const size = tf.util.sizeFromShape(shape);
  // An empty map may have an output, as a window may see no pixel.
  if (size === 0 || inputs.some((each) => each.shape.includes(0))) return zeros(gpu, shape, dtype);
  const result = output(gpu, shape, dtype);
  const width = info.inChannels % 4 === 0 ? 4 : 1;
  launch(gpu, programOf(of, width), {
    inputs,
    outputs: [result],
    uniforms: windowsOf(info, size / width, info.inChannels / width),
    workgroups: flatWorkgroups(gpu, size / width),
  });
  return result;
}

function maxPoolGrad(gpu: Gpu, dy: tf.TensorInfo, x: tf.TensorInfo, attrs: PoolAttrs): tf.TensorInfo {
  const info = infoOf(x.shape, attrs);
  const taps = info.filterHeight * info.filterWidth;
  const windows =
    Math.ceil(info.filterHeight / info.strideHeight) * Math.ceil(info.filterWidth / info.strideWidth);
  if (taps * windows <= FEW_READS || x.shape.includes(0)) return pool(gpu, gradient, info, [dy, x]);
  const maxima = pool(gpu, positions, info, [x], 'int32');
  const dx = pool(gpu, gradientFromTaps, info, [dy, maxima]);
  gpu.disposeData(maxima.dataId);
  return dx;
}

export const seamMaxPoolGrad = override<PoolAttrs>(MAX_POOL_GRAD, ({ inputs, attrs, gpu }) =>
  maxPoolGrad(gpu, inputs.dy as tf.Tensor, inputs.x as tf.Tensor, attrs),
);

export const stockMaxPoolGrad = override<PoolAttrs>(tf.MaxPoolGrad, ({ inputs, attrs, gpu }) =>
  maxPoolGrad(gpu, inputs.dy as tf.Tensor, inputs.input as tf.Tensor, attrs),
);

export const seamMaxPoolGather = override<PoolAttrs>(MAX_POOL_GATHER, ({ inputs, attrs, gpu }) => {
  const { x, v } = inputs as Record<'x' | 'v', tf.Tensor>;
  return pool(gpu, gather, infoOf(x.shape, attrs), [x, v]);
});

export const seamAvgPoolGrad = override<PoolAttrs & { readonly xShape: readonly number[] }>(
  AVG_POOL_GRAD,
  ({ inputs, attrs, gpu }) =>
    pool(gpu, averageGradient, infoOf(attrs.xShape, attrs), [inputs.dy as tf.Tensor]),
);

export const stockAvgPoolGrad = override<PoolAttrs>(tf.AvgPoolGrad, ({ inputs, attrs, gpu }) =>
  pool(gpu, averageGradient, infoOf((inputs.input as tf.Tensor).shape, attrs), [inputs.dy as tf.Tensor]),
);

/** The stock kernel takes nothing below −1e20 for a maximum, and leaves out what is no number. */
export const maxPool = override<PoolAttrs>(tf.MaxPool, ({ inputs, attrs, gpu }, stock) => {
  const x = inputs.x as tf.Tensor;
  return x.dtype === 'float32' ? pool(gpu, forward, infoOf(x.shape, attrs), [x]) : stock();
});
