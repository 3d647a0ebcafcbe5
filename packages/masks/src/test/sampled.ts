/** A float64 oracle of taps that read at offsets, in groups of channels, and the odd shapes that learned places are tried on. */
import {
  type LayerVariant,
  layerVariants,
  type NdArray,
  ndArray,
  plainWindow,
  randomNormal,
  sampledConvolutionForward,
  toTensor,
  type WindowOptions,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import type { Engine } from '../../../../tools/engines';

export interface SampledCall {
  readonly x: NdArray;
  /** [kh,kw,C,F]. */
  readonly w: NdArray;
  /** [B|1,H'|1,W'|1,groups·2K]. */
  readonly offsets: NdArray;
  /** [B,H',W',groups·K]. */
  readonly modulation?: NdArray;
  readonly groups?: number;
}

export function sampledForward(
  { x, w, offsets, modulation, groups = 1 }: SampledCall,
  { strides, padding, dilationRate }: WindowOptions,
): NdArray {
  const options = { strides, pad: padding, dilations: dilationRate };
  const parts = Array.from({ length: groups }, (_, group) =>
    sampledConvolutionForward(
      {
        x: part(x, 3, group, groups),
        w: part(w, 2, group, groups),
        m: modulation ? part(modulation, 3, group, groups) : null,
        offsets: part(offsets, 3, group, groups),
      },
      options,
    ),
  );
  const [first, ...others] = parts as [NdArray, ...NdArray[]];
  return {
    shape: first.shape,
    data: first.data.map((value, i) => others.reduce((sum, { data }) => sum + data[i]!, value)),
  };
}

/** Elements from..to of the last axis. */
export function lastAxis({ shape, data }: NdArray, from: number, to: number): NdArray {
  const size = shape.at(-1)!;
  return {
    shape: [...shape.slice(0, -1), to - from],
    data: data.filter((_, i) => i % size >= from && i % size < to),
  };
}

/** One of `count` equal parts of an axis. */
function part({ shape, data }: NdArray, axis: number, index: number, count: number): NdArray {
  const size = shape[axis]! / count;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const result = ndArray(shape.map((length, i) => (i === axis ? size : length)));
  let next = 0;
  for (const [i, value] of data.entries())
    if (Math.floor((Math.floor(i / inner) % shape[axis]!) / size) === index) result.data[next++] = value;
  return result;
}

/** Odd shapes, fewer on a software GPU: no image, a single pixel, 1×1, even and large windows, strides, dilations. */
export function sampledVariants(engine: Engine): LayerVariant[] {
  const wanted =
    engine === 'webgpu'
      ? /^(batch 0|kernel 2x2 stride 1x2 valid)$/
      : /^(batch 0|image 1x1|channels 1|kernel 1x1|kernel 2x4|kernel 5x5.*|kernel 2x2 .*|stride .*)$/;
  const chosen = layerVariants([5, 4, 2]).filter(({ name }) => wanted.test(name));
  if (engine === 'webgpu') return chosen;
  const options = { ...plainWindow, kernelSize: [7, 7] as [number, number] };
  return [...chosen, { name: 'kernel 7x7 on 4x3', batch: 2, inputShape: [4, 3, 2], options }];
}

/** All of them, or the last, on a software GPU. */
export const someOn = <T>(engine: Engine, all: readonly T[]): readonly T[] =>
  engine === 'webgpu' ? all.slice(-1) : all;

/**
 * Images as smooth as real ones: noise of a third of the size, read between its elements. In white noise a place that is an
 * element off tells nothing about the way to the right one.
 */
export function smoothImages(shape: readonly [number, number, number, number], seed: number): tf.Tensor4D {
  const [batch, height, width, channels] = shape;
  return tf.tidy(() => {
    const coarse = randomNormal([batch, Math.ceil(height / 3), Math.ceil(width / 3), channels], seed);
    return tf.image.resizeBilinear(toTensor(coarse) as tf.Tensor4D, [height, width]);
  });
}

/** Trains some weights of `student` to give what `teacher` gives. */
export function imitate(
  teacher: LayersModel,
  student: LayersModel,
  weights: readonly LayerVariable[],
  { steps, rate }: { readonly steps: number; readonly rate: number },
): void {
  const optimizer = tf.train.adam(rate);
  const shape = teacher.inputs[0]!.shape.map((size) => size ?? 2) as [number, number, number, number];
  for (let step = 0; step < steps; step++)
    tf.tidy(() => {
      const images = smoothImages(shape, 100 + step);
      const labels = teacher.predict(images) as tf.Tensor;
      const loss = () => tf.mean(tf.square(tf.sub(student.apply(images) as tf.Tensor, labels))) as tf.Scalar;
      optimizer.minimize(
        loss,
        false,
        weights.map((weight) => weight.read() as tf.Variable),
      );
    });
  optimizer.dispose();
}
