/**
 * Gradients of depthwise convolution. The stock kernels know no dilation, and sum a whole batch for one weight in one
 * invocation.
 */
import * as tf from '@tensorflow/tfjs-core';
import { launch, output } from '../engine/launch';
import type { Program } from '../engine/program';
import { override } from '../override';
import { type ColumnReduction, reduceColumns } from './columns';
import { FLAT_INDEX, flatWorkgroups, WORKGROUP } from './flat';
import { zeros } from './outputs';
import { eachWindowOf, PLACES, windowsOf, windowUniforms } from './windows';

interface DepthwiseGradAttrs {
  readonly strides: [number, number] | number;
  readonly dilations: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Shape4 = [number, number, number, number];

function infoOf(input: Shape4, filter: Shape4, attrs: DepthwiseGradAttrs): tf.backend_util.Conv2DInfo {
  const { strides, dilations, pad, dimRoundingMode } = attrs;
  return tf.backend_util.computeConv2DInfo(input, filter, strides, dilations, pad, dimRoundingMode, true);
}

/** dx[b,r,s,c]: over the taps that read it, and the `multiplier` filters of its channel. */
const inputProgram = (width: 1 | 4) => {
  const of = width === 4 ? 'vec4<f32>' : 'f32';
  return {
    name: tf.DepthwiseConv2dNativeBackpropInput,
    variant: `of ${width}`,
    inputs: [
      { name: 'dy', of },
      { name: 'w', of },
    ],
    outputs: [{ name: 'dx', of }],
    uniforms: { ...windowUniforms, multiplier: 'u32' },
    code: () => `${FLAT_INDEX}
${PLACES}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let o = flatIndex(id, groups);
  if (o < u.size) {
    let place = placeIn(o, u.height, u.width);
    var sum = ${of}(0.0);
    ${eachWindowOf(`let grads = inY(place.image, i, j, place.channel) * u.multiplier;
        let weights = (u32(p * u.kernelWidth + q) * u.channels + place.channel) * u.multiplier;
        for (var k = 0u; k < u.multiplier; k++) { sum += dy[grads + k] * w[weights + k]; }`)}
    dx[o] = sum;
  }
}`,
  } as const satisfies Program;
};

export const depthwiseBackpropInput = override<DepthwiseGradAttrs & { readonly inputShape: Shape4 }>(
  tf.DepthwiseConv2dNativeBackpropInput,
  ({ inputs, attrs, gpu }) => {
    const { dy, filter } = inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D };
    if (dy.size === 0 || filter.size === 0) return zeros(gpu, attrs.inputShape);
    const info = infoOf(attrs.inputShape, filter.shape, attrs);
    const multiplier = filter.shape[3];
    const width = multiplier === 1 && info.inChannels % 4 === 0 ? 4 : 1;
    const dx = output(gpu, attrs.inputShape);
    const size = tf.util.sizeFromShape(attrs.inputShape) / width;
    launch(gpu, inputProgram(width), {
      inputs: [dy, filter],
      outputs: [dx],
      uniforms: { ...windowsOf(info, size, info.inChannels / width), multiplier },
      workgroups: flatWorkgroups(gpu, size),
    });
    return dx;
  },
);

/** dw[tap,column], a column being a filter of a channel: over all positions, the rows. */
const filterSums: ColumnReduction = {
  name: tf.DepthwiseConv2dNativeBackpropFilter,
  variant: '',
  inputs: ['x', 'dy'],
  outputs: ['dw'],
  uniforms: { ...windowUniforms, multiplier: 'u32' },
  functions: PLACES,
  state: ['sum'],
  column: `let p = i32(outer) / u.kernelWidth * u.dilationHeight - u.top;
      let q = i32(outer) % u.kernelWidth * u.dilationWidth - u.left;
      let channel = column / u.multiplier;`,
  add: `let line = i32(row) / u.outWidth;
      let r = line % u.outHeight * u.strideHeight + p;
      let c = i32(row) % u.outWidth * u.strideWidth + q;
      if (isIn(r, c)) {
        s.sum += x[inX(line / u.outHeight, r, c, channel)] * dy[row * u.columns + column];
      }`,
  finish: 'dw[o] = s.sum;',
};

export const depthwiseBackpropFilter = override<DepthwiseGradAttrs & { readonly filterShape: Shape4 }>(
  tf.DepthwiseConv2dNativeBackpropFilter,
  ({ inputs, attrs, gpu }) => {
    const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
    if (dy.size === 0) return zeros(gpu, attrs.filterShape);
    const dw = output(gpu, attrs.filterShape);
    const info = infoOf(x.shape, attrs.filterShape, attrs);
    const multiplier = attrs.filterShape[3];
    const wide = multiplier === 1;
    const width = wide && info.inChannels % 4 === 0 ? 4 : 1;
    const extent = {
      outer: info.filterHeight * info.filterWidth,
      rows: info.batchSize * info.outHeight * info.outWidth,
      columns: info.outChannels,
      wide,
    };
    const uniforms = { ...windowsOf(info, 0, info.inChannels / width), multiplier };
    reduceColumns(gpu, filterSums, [x, dy], [dw], extent, uniforms);
    return dw;
  },
);
