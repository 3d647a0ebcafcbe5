/** Calls of the kernels that this package gives to tfjs, by their names, and which functions of `assembly/` they take. */
import * as core from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Exports } from '../native/exports';
import { random } from './parity';

export interface KernelCase {
  readonly kernel: string;
  /** What is particular about it. */
  readonly what: string;
  readonly inputs: () => tf.NamedTensorMap;
  readonly attrs: object;
  readonly uses: readonly (keyof Exports)[];
}

export function runCase({ kernel, attrs }: KernelCase, inputs: tf.NamedTensorMap): tf.Tensor[] {
  return [tf.engine().runKernel(kernel, inputs, attrs as tf.NamedAttrMap)].flat() as tf.Tensor[];
}

type Four = [number, number, number, number];
type Shapes = Readonly<Record<string, readonly number[]>>;

const tensors = (shapes: Shapes) => () =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, random(shape, i + 1)]));

interface Conv {
  readonly what: string;
  readonly x: Four;
  readonly w: Four;
  readonly options: core.ConvOptions;
  /** Whether a plain convolution of it takes Winograd's algorithm. */
  readonly winograd?: boolean;
}

const convs: readonly Conv[] = [
  { what: '3×3', x: [4, 10, 10, 8], w: [3, 3, 8, 8], options: { pad: 'same' }, winograd: true },
  {
    what: '3×3, odd channels',
    x: [4, 10, 10, 13],
    w: [3, 3, 13, 17],
    options: { pad: 'same' },
    winograd: true,
  },
  { what: '3×3, few channels', x: [2, 7, 6, 3], w: [3, 3, 3, 5], options: { pad: 'same' } },
  { what: '3×3, strides', x: [2, 8, 8, 8], w: [3, 3, 8, 8], options: { pad: 'same', strides: [2, 1] } },
  { what: '3×3, dilations', x: [2, 8, 8, 8], w: [3, 3, 8, 8], options: { pad: 'same', dilations: [2, 2] } },
  {
    what: '3×2, strides and dilations',
    x: [2, 9, 8, 3],
    w: [3, 2, 3, 7],
    options: { strides: [2, 2], dilations: [1, 2] },
  },
  {
    what: '5×5, uneven padding',
    x: [1, 6, 5, 5],
    w: [5, 5, 5, 3],
    options: {
      pad: [
        [3, 1],
        [0, 6],
      ],
    },
  },
  { what: '1×1', x: [2, 5, 5, 9], w: [1, 1, 9, 6], options: {} },
];

function plain({ what, x, w, options, winograd }: Conv): KernelCase[] {
  const g = core.geometry([x[1], x[2], x[3]], [w[0], w[1]], options);
  const dy: Four = [x[0], g.outHeight, g.outWidth, w[3]];
  const forward = winograd ? 'winogradForward' : 'similarityForward';
  const filter = winograd ? 'winogradFilterGradient' : 'similarityBackward';
  const input = winograd ? 'winogradForward' : 'similarityBackward';
  const pad = [[0, 0], ...g.pad, [0, 0]];
  const own = { strides: g.strides, dilations: g.dilations, pad, dataFormat: 'NHWC' };
  const shapes: Shapes = { x, filter: w, dy };
  const of = (kernel: string, names: string[], attrs: object, uses: keyof Exports, more: Shapes = {}) => ({
    kernel,
    what,
    inputs: tensors({ ...Object.fromEntries(names.map((name) => [name, shapes[name] ?? w])), ...more }),
    attrs,
    uses: [uses],
  });
  return [
    of(core.CONV2D, ['x', 'w'], { g }, forward),
    of(core.CONV2D_BACKPROP_INPUT, ['w', 'dy'], { g }, input),
    of(core.CONV2D_BACKPROP_FILTER, ['x', 'dy'], { g }, filter),
    of(tf.Conv2D, ['x', 'filter'], own, forward),
    of(tf.FusedConv2D, ['x', 'filter'], { ...own, activation: 'relu' }, forward, { bias: [w[3]] }),
    of(tf.Conv2DBackpropInput, ['dy', 'filter'], { ...own, inputShape: x }, input),
    of(tf.Conv2DBackpropFilter, ['x', 'dy'], { ...own, filterShape: w }, filter),
  ];
}

const forms = ['BHWK', 'BHWKK', '1HWK', 'B11K', '111K', '11WKK', '111KK'];

function similar({ what, x, w, options }: Conv): KernelCase[] {
  const g = core.geometry([x[1], x[2], x[3]], [w[0], w[1]], options);
  const dy: Four = [x[0], g.outHeight, g.outWidth, w[3]];
  const sizes: Record<string, number> = { B: x[0], H: g.outHeight, W: g.outWidth, K: g.taps, '1': 1 };
  return forms.flatMap((form) => {
    const m = Array.from(form, (letter) => sizes[letter] as number);
    const of = (kernel: string, shapes: Shapes, uses: keyof Exports): KernelCase => ({
      kernel,
      what: `${what}, m ${form}`,
      inputs: tensors(shapes),
      attrs: { g, mShape: m },
      uses: [uses],
    });
    return [
      of(core.SIMILARITY_CONV2D, { x, w, m }, 'similarityForward'),
      of(core.SIMILARITY_CONV2D_BACKPROP, { x, w, m, dy }, 'similarityBackward'),
      of(core.SIMILARITY_CONV2D_BACKPROP_INPUT, { w, m, dy }, 'similarityBackward'),
      of(core.SIMILARITY_CONV2D_BACKPROP_FILTER, { x, m, dy }, 'similarityBackward'),
      of(core.SIMILARITY_CONV2D_BACKPROP_SIMILARITY, { x, w, dy }, 'similarityBackward'),
    ];
  });
}

/** Taps moved, each position's by its own offsets, and all by the same. */
function moved(conv: Conv): KernelCase[] {
  const { what, x, w, options } = conv;
  const g = core.geometry([x[1], x[2], x[3]], [w[0], w[1]], options);
  const dy: Four = [x[0], g.outHeight, g.outWidth, w[3]];
  const dp: Four = [x[0], g.outHeight, g.outWidth * g.taps, x[3]];
  return [
    [x[0], g.outHeight, g.outWidth],
    [1, 1, 1],
  ].flatMap((positions) => {
    const offsets = [...positions, 2 * g.taps];
    const of = (kernel: string, shapes: Shapes, uses: keyof Exports, order = [0, 0]): KernelCase => ({
      kernel,
      what: `${what}, offsets [${offsets}], order ${order}`,
      inputs: tensors(shapes),
      attrs: { g, order },
      uses: [uses],
    });
    const withM = [
      [...dy.slice(0, 3), g.taps],
      [1, 1, 1, g.taps, g.taps],
    ].flatMap((m) => [
      of(core.SAMPLED_SIMILARITY_CONV2D, { x, w, offsets, m }, 'sampledForward'),
      of(core.SAMPLED_SIMILARITY_CONV2D_BACKPROP, { x, w, offsets, m, dy }, 'sampledBackward'),
    ]);
    return [
      of(core.SAMPLE_PATCHES, { x, offsets }, 'samplePatches'),
      of(core.SAMPLE_PATCHES, { x, offsets }, 'samplePatches', [1, 0]),
      of(core.SAMPLE_PATCHES_BACKPROP, { offsets, dp }, 'samplePatchesBackward', [0, 1]),
      of(core.SAMPLED_CONV2D, { x, w, offsets }, 'sampledForward'),
      of(core.SAMPLED_CONV2D_BACKPROP, { x, w, offsets, dy }, 'sampledBackward'),
      ...withM,
    ];
  });
}

const products: readonly KernelCase[] = [
  { what: 'plain', a: [1, 4, 5], b: [1, 5, 3], transposeA: false, transposeB: false },
  { what: 'transposed', a: [4, 5], b: [5, 3], transposeA: true, transposeB: true },
  { what: 'batches', a: [3, 4, 5], b: [3, 5, 7], transposeA: false, transposeB: false },
  { what: 'batches broadcast', a: [2, 1, 4, 5], b: [3, 5, 7], transposeA: false, transposeB: false },
].flatMap(({ what, a, b, ...attrs }) => {
  const turned = (shape: number[], isTurned: boolean) =>
    isTurned ? [...shape.slice(0, -2), shape.at(-1) as number, shape.at(-2) as number] : shape;
  const [left, right] = attrs.transposeA ? [turned([4, 5], true), turned([5, 3], true)] : [a, b];
  return [
    {
      kernel: tf.BatchMatMul,
      what,
      inputs: tensors({ a: left, b: right }),
      attrs,
      uses: ['matMul'] as const,
    },
    {
      kernel: tf._FusedMatMul,
      what,
      inputs: tensors({ a: left, b: right, bias: [b.at(-1) as number] }),
      attrs: { ...attrs, activation: 'relu' },
      uses: ['matMul', 'finish'] as const,
    },
  ];
});

/** Those with one case each. */
const single = (
  kernel: string,
  shapes: Shapes,
  attrs: object,
  ...uses: readonly (keyof Exports)[]
): KernelCase => ({ kernel, what: 'odd sizes', inputs: tensors(shapes), attrs, uses });

const map: Four = [2, 7, 5, 3];
const pool = { filterSize: [3, 2], strides: [2, 1], pad: 'same' };
const pooled: Four = [2, 4, 5, 3];
const depthwise = { strides: [2, 1], pad: 'same', dilations: [1, 1] };
const vector = [3];
const adam = { rateScale: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-7, l2: 0.01 };
const sgd = { rateScale: 0.1, momentum: 0.9, nesterov: true, l2: 0.01 };

const singles: readonly KernelCase[] = [
  single(tf.Identity, { x: map }, {}),
  single(tf.Cast, { x: map }, { dtype: 'float32' }),
  single(tf.Slice, { x: map }, { begin: [0, 1, 2, 0], size: [2, 3, 2, 3] }),
  single(tf.SplitV, { x: map }, { numOrSizeSplits: [3, 4], axis: 1 }),
  single(
    tf.PadV2,
    { x: [4, 5] },
    {
      paddings: [
        [1, 0],
        [2, 3],
      ],
      constantValue: 0,
    },
  ),
  single(tf.Sum, { x: map }, { axis: [0, 1, 2], keepDims: false }, 'sum'),
  single(tf.Sum, { x: map }, { axis: 2, keepDims: true }, 'sum'),
  single(tf.Mean, { x: map }, { axis: [1, 2], keepDims: false }, 'sum'),
  single(tf.Add, { a: map, b: vector }, {}, 'binary'),
  single(tf.Sub, { a: map, b: map }, {}, 'binary'),
  single(tf.Multiply, { a: [2, 7, 5, 1], b: map }, {}, 'binary'),
  single(
    core.BATCH_NORM_TRAINING,
    { x: map, gamma: vector, beta: vector },
    { epsilon: 1 },
    'moments',
    'affine',
  ),
  single(
    core.BATCH_NORM_TRAINING_GRAD,
    { x: map, dy: map, gamma: vector, mean: vector, variance: vector },
    { epsilon: 2 },
    'normSums',
    'normInputGradient',
  ),
  single(tf.FusedBatchNorm, { x: map, mean: vector, variance: vector }, { varianceEpsilon: 2 }, 'affine'),
  single(core.RELU_GRAD, { dy: map, x: map }, {}, 'reluGradient'),
  single(core.SQUARED_NORM, { x: map }, { scale: 0.5 }, 'squaredNorms'),
  single(
    tf.DepthwiseConv2dNativeBackpropInput,
    { dy: [2, 4, 5, 6], filter: [3, 3, 3, 2] },
    { ...depthwise, inputShape: map },
    'depthwiseInputGradient',
  ),
  single(
    tf.DepthwiseConv2dNativeBackpropFilter,
    { x: map, dy: [2, 4, 5, 6] },
    { ...depthwise, filterShape: [3, 3, 3, 2] },
    'depthwiseFilterGradient',
  ),
  single(core.UPDATE_SGD, { param: map, grad: map, velocity: map, rate: [1] }, sgd, 'updateSgd'),
  single(core.UPDATE_ADAM, { param: map, grad: map, first: map, second: map, rate: [2] }, adam, 'updateAdam'),
  single(core.MAX_POOL_GRAD, { dy: pooled, x: map }, pool, 'maxPoolGradient'),
  single(core.AVG_POOL_GRAD, { dy: pooled }, { ...pool, xShape: map }, 'averagePoolGradient'),
  single(tf.MaxPoolGrad, { dy: pooled, input: map, output: pooled }, pool, 'maxPoolGradient'),
  single(tf.AvgPoolGrad, { dy: pooled, input: map }, pool, 'averagePoolGradient'),
];

export const kernelCases: readonly KernelCase[] = [
  ...convs.flatMap(plain),
  ...convs.flatMap(similar),
  ...convs.slice(2).flatMap(moved),
  ...products,
  ...singles,
];
