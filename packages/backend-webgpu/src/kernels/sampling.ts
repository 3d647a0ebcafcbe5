/**
 * Sampling at offsets and its transpose. The transpose has no atomics, whose order changes from run to run: an invocation
 * owns a channel of an image, and adds what falls there tap after tap. The same values give the same bits.
 */
import {
  type ConvAttrs,
  type Geometry,
  SAMPLE_PATCHES,
  SAMPLE_PATCHES_BACKPROP,
  SAMPLED_CONV2D,
  SAMPLED_CONV2D_BACKPROP,
  SAMPLED_SIMILARITY_CONV2D,
  SAMPLED_SIMILARITY_CONV2D_BACKPROP,
  type SampleAttrs,
  type SampledOperands,
  sampledBackprop,
  sampledForward,
} from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { launch, output } from '../engine/launch';
import type { Program } from '../engine/program';
import { type Override, override } from '../override';
import { sumSplits } from './conv/sums';
import { mixOf } from './conv/window';
import { FLAT_INDEX, flatWorkgroups, WORKGROUP } from './flat';
import { zeros } from './outputs';

type T4 = tf.Tensor4D;

/** Floats of patches that exist at once: enough for every core of a GPU, and 64 MiB. */
const PATCH_FLOATS = 1 << 24;
/** Invocations that keep a GPU busy, and copies of dx that this may take. */
const [INVOCATIONS, MOST_SPLITS] = [1 << 14, 4];

const UNIFORMS = {
  size: 'u32',
  channels: 'u32',
  taps: 'u32',
  kernelWidth: 'u32',
  height: 'u32',
  width: 'u32',
  outHeight: 'u32',
  outWidth: 'u32',
  strideY: 'i32',
  strideX: 'i32',
  dilationY: 'i32',
  dilationX: 'i32',
  padTop: 'i32',
  padLeft: 'i32',
  offsetBatch: 'u32',
  offsetRow: 'u32',
  offsetColumn: 'u32',
  /** Order of the derivative by dy and by dx. */
  orderY: 'u32',
  orderX: 'u32',
  /** NaN, which WGSL cannot write. */
  nothing: 'f32',
  batch: 'u32',
  splits: 'u32',
  /** Positions of a split. */
  run: 'u32',
} as const;

function uniformsOf(g: Geometry, { order }: SampleAttrs, offsets: T4, size: number, channels: number) {
  const [offsetBatch, offsetRow, offsetColumn] = mixOf(offsets.shape).strides;
  return {
    size,
    channels,
    taps: g.taps,
    kernelWidth: g.kernelWidth,
    height: g.height,
    width: g.width,
    outHeight: g.outHeight,
    outWidth: g.outWidth,
    strideY: g.strides[0],
    strideX: g.strides[1],
    dilationY: g.dilations[0],
    dilationX: g.dilations[1],
    padTop: g.pad[0][0],
    padLeft: g.pad[1][0],
    offsetBatch,
    offsetRow,
    offsetColumn,
    orderY: order[0],
    orderX: order[1],
    nothing: Number.NaN,
    batch: 0,
    splits: 1,
    run: 0,
  };
}

/**
 * WGSL: what a tap reads, four elements with their weights; pixel −1 is outside. What is not finite reads the image's first
 * element, NaN times. Comparisons with NaN are the compiler's to choose, bits are not.
 */
const PLACES = `
struct Place { pixel: vec4i, weight: vec4f }
fn isFinite(value: f32) -> bool { return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u; }
fn placeOf(image: u32, row: u32, column: u32, tap: u32) -> Place {
  let at = image * u.offsetBatch + row * u.offsetRow + column * u.offsetColumn + 2u * tap;
  let moved = vec2f(offsets[at], offsets[at + 1u]);
  if (!(isFinite(moved.x) && isFinite(moved.y))) {
    return Place(vec4i(0, -1, -1, -1), vec4f(u.nothing));
  }
  let whole = floor(moved);
  let part = moved - whole;
  let lattice = vec2i(
    i32(row) * u.strideY - u.padTop + i32(tap / u.kernelWidth) * u.dilationY,
    i32(column) * u.strideX - u.padLeft + i32(tap % u.kernelWidth) * u.dilationX,
  );
  let size = vec2i(i32(u.height), i32(u.width));
  // Farther out nothing is read; whole numbers are exact.
  let first = vec2i(clamp(vec2f(lattice) + whole, vec2f(-2.0), vec2f(size)));
  var near = array(
    select(vec2f(1.0 - part.x, part.x), vec2f(-1.0, 1.0), u.orderY == 1u),
    select(vec2f(1.0 - part.y, part.y), vec2f(-1.0, 1.0), u.orderX == 1u),
  );
  var place = Place();
  for (var corner = 0; corner < 4; corner++) {
    let side = vec2i(corner / 2, corner % 2);
    let found = first + side;
    let isIn = all(found >= vec2i(0)) && all(found < size);
    place.pixel[corner] = select(-1, found.x * size.y + found.y, isIn);
    place.weight[corner] = near[0][side.x] * near[1][side.y];
  }
  return place;
}`;

/** out[b,i,j,t,c], an invocation an element or four. */
const sampleProgram = (width: 1 | 4) => {
  const of = width === 4 ? 'vec4<f32>' : 'f32';
  return {
    name: SAMPLE_PATCHES,
    variant: `of ${width}`,
    inputs: [{ name: 'x', of }, 'offsets'],
    outputs: [{ name: 'patches', of }],
    uniforms: UNIFORMS,
    code: () => `${FLAT_INDEX}
${PLACES}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let o = flatIndex(id, groups);
  if (o >= u.size) { return; }
  let channel = o % u.channels;
  let tap = o / u.channels % u.taps;
  let position = o / u.channels / u.taps;
  let line = position / u.outWidth;
  let image = line / u.outHeight;
  let place = placeOf(image, line % u.outHeight, position % u.outWidth, tap);
  let map = image * u.height * u.width;
  var sum = ${of}();
  for (var corner = 0; corner < 4; corner++) {
    let pixel = place.pixel[corner];
    if (pixel >= 0) { sum += place.weight[corner] * x[(map + u32(pixel)) * u.channels + channel]; }
  }
  patches[o] = sum;
}`,
  } as const satisfies Program<typeof UNIFORMS>;
};

/** dx[split,b,·,·,c], an invocation each. */
const backpropProgram = {
  name: SAMPLE_PATCHES_BACKPROP,
  variant: '',
  inputs: ['offsets', 'dp'],
  outputs: ['dx'],
  uniforms: UNIFORMS,
  code: () => `${FLAT_INDEX}
${PLACES}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let o = flatIndex(id, groups);
  if (o >= u.size) { return; }
  let channel = o % u.channels;
  let image = o / u.channels % u.batch;
  let split = o / u.channels / u.batch;
  let pixels = u.height * u.width;
  let map = (split * u.batch + image) * pixels;
  for (var i = 0u; i < pixels; i++) { dx[(map + i) * u.channels + channel] = 0.0; }
  let end = min((split + 1u) * u.run, u.outHeight * u.outWidth);
  for (var position = split * u.run; position < end; position++) {
    let before = (image * u.outHeight * u.outWidth + position) * u.taps;
    for (var tap = 0u; tap < u.taps; tap++) {
      let place = placeOf(image, position / u.outWidth, position % u.outWidth, tap);
      let grad = dp[(before + tap) * u.channels + channel];
      for (var corner = 0; corner < 4; corner++) {
        let pixel = place.pixel[corner];
        if (pixel >= 0) { dx[(map + u32(pixel)) * u.channels + channel] += place.weight[corner] * grad; }
      }
    }
  }
}`,
} as const satisfies Program<typeof UNIFORMS>;

const samplePatches = override<SampleAttrs>(SAMPLE_PATCHES, ({ inputs, attrs, gpu }) => {
  const { x, offsets } = inputs as { x: T4; offsets: T4 };
  const { g } = attrs;
  const shape = [x.shape[0], g.outHeight, g.outWidth * g.taps, g.channels];
  if (x.size === 0 || offsets.size === 0) return zeros(gpu, shape);
  const width = g.channels % 4 === 0 ? 4 : 1;
  const size = tf.util.sizeFromShape(shape) / width;
  const patches = output(gpu, shape);
  launch(gpu, sampleProgram(width), {
    inputs: [x, offsets],
    outputs: [patches],
    uniforms: uniformsOf(g, attrs, offsets, size, g.channels / width),
    workgroups: flatWorkgroups(gpu, size),
  });
  return patches;
});

const samplePatchesBackprop = override<SampleAttrs>(SAMPLE_PATCHES_BACKPROP, ({ inputs, attrs, gpu }) => {
  const { offsets, dp } = inputs as { offsets: T4; dp: T4 };
  const { g } = attrs;
  const [batch] = dp.shape;
  const shape = [batch, g.height, g.width, g.channels];
  if (dp.size === 0 || offsets.size === 0) return zeros(gpu, shape);
  const owned = batch * g.channels;
  const positions = g.outHeight * g.outWidth;
  const run = Math.ceil(positions / Math.min(MOST_SPLITS, Math.max(1, Math.floor(INVOCATIONS / owned))));
  const splits = Math.ceil(positions / run);
  const parts = output(gpu, splits === 1 ? shape : [splits, ...shape]);
  launch(gpu, backpropProgram, {
    inputs: [offsets, dp],
    outputs: [parts],
    uniforms: { ...uniformsOf(g, attrs, offsets, splits * owned, g.channels), batch, splits, run },
    workgroups: flatWorkgroups(gpu, splits * owned),
  });
  return splits === 1 ? parts : sumSplits(gpu, parts, splits, shape);
});

const operandsOf = ({ x, w, offsets, m }: Readonly<Record<string, tf.Tensor>>) =>
  ({ x, w, offsets, m: m ?? null }) as SampledOperands;

const isEmpty = (inputs: Readonly<Record<string, tf.Tensor>>) =>
  Object.values(inputs).some(({ size }) => size === 0);

const forward = (kernel: string) =>
  override<ConvAttrs>(kernel, ({ inputs, attrs: { g }, gpu }) => {
    const { x, w } = inputs as { x: T4; w: T4 };
    if (isEmpty(inputs)) return zeros(gpu, [x.shape[0], g.outHeight, g.outWidth, w.shape[3]]);
    return tf.tidy(() => sampledForward(operandsOf(inputs), g, PATCH_FLOATS));
  });

const backward = (kernel: string) =>
  override<ConvAttrs>(kernel, ({ inputs, attrs: { g }, gpu }) => {
    const { dy, ...given } = inputs as Record<string, tf.Tensor> & { dy: T4 };
    if (isEmpty(inputs))
      return ['x', 'w', 'offsets', ...(given.m ? ['m'] : [])].map((name) =>
        zeros(gpu, (given[name] as tf.Tensor).shape),
      );
    return tf.tidy(() => {
      const { dx, dw, doffsets, dm } = sampledBackprop({ ...operandsOf(given), dy }, g, PATCH_FLOATS);
      return [dx, dw, doffsets, ...(dm ? [dm] : [])];
    });
  });

export const sampling: readonly Override[] = [
  samplePatches,
  samplePatchesBackprop,
  forward(SAMPLED_CONV2D),
  forward(SAMPLED_SIMILARITY_CONV2D),
  backward(SAMPLED_CONV2D_BACKPROP),
  backward(SAMPLED_SIMILARITY_CONV2D_BACKPROP),
];
