/** A kernel of the seam written with libtensorflow's operations. */
import type { Geometry } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { NativeTensorflow } from '../tensorflow';

/** One call of a kernel: its inputs and attributes by the seam's names. */
export interface Call<Inputs, Attrs> {
  readonly inputs: Inputs;
  readonly attrs: Attrs;
  readonly native: NativeTensorflow;
}

export interface NativeKernel {
  readonly name: string;
  readonly run: (call: Call<never, never>) => tf.Tensor | readonly tf.Tensor[];
  /** Shapes of the outputs: with an empty input they are zeros of these. */
  readonly shapes: (call: Call<never, never>) => readonly (readonly number[])[];
}

export function nativeKernel<Inputs, Attrs>(
  name: string,
  shapes: (call: Call<Inputs, Attrs>) => readonly (readonly number[])[],
  run: (call: Call<Inputs, Attrs>) => tf.Tensor | readonly tf.Tensor[],
): NativeKernel {
  return { name, run, shapes };
}

export function registerNative(
  backendName: string,
  native: NativeTensorflow,
  { name, run, shapes }: NativeKernel,
): void {
  if (tf.getKernel(name, backendName)) tf.unregisterKernel(name, backendName);
  tf.registerKernel({
    kernelName: name,
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const call = { inputs, attrs, native } as unknown as Call<never, never>;
      const isEmpty = Object.values(inputs).some((input) => tf.util.sizeFromShape(input?.shape ?? []) === 0);
      const outputs = tf.tidy(() =>
        isEmpty ? shapes(call).map((shape) => tf.zeros([...shape])) : ([run(call)].flat() as tf.Tensor[]),
      );
      // tfjs gives an array back as an array.
      return outputs.length === 1 ? (outputs[0] as tf.Tensor) : outputs;
    },
  });
}

/** Shape of x [B,H,W,C], from dy [B,H',W',F]. */
export const inputShape = (dy: tf.Tensor4D, g: Geometry) => [dy.shape[0], g.height, g.width, g.channels];

/** Shape of w [kh,kw,C,F], from dy [B,H',W',F]. */
export const filterShape = (dy: tf.Tensor4D, g: Geometry) => [
  g.kernelHeight,
  g.kernelWidth,
  g.channels,
  dy.shape[3],
];
