/**
 * Replacing a kernel of the tfjs backend `wasm`, or adding one that it lacks. A replacement is given the stock
 * kernel, for the cases that it leaves alone.
 */

import { NeusimError } from '@neusim/registry';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/** One call of a kernel, as tfjs makes it. */
export interface Call<Attrs> {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly attrs: Attrs;
  readonly backend: BackendWasm;
}

export type Result = tf.TensorInfo | tf.TensorInfo[];

export type Stock = (call: Call<unknown>) => Result;

/** `stock` runs the kernel replaced; where there was none it throws. */
export interface Override {
  readonly kernel: string;
  readonly run: (call: Call<never>, stock: Stock) => Result;
}

export function override<Attrs>(kernel: string, run: (call: Call<Attrs>, stock: Stock) => Result): Override {
  return { kernel, run };
}

/** An override written in tfjs ops. */
export function composed<Attrs>(
  kernel: string,
  compute: (inputs: Call<Attrs>['inputs'], attrs: Attrs, backend: BackendWasm) => tf.Tensor | tf.Tensor[],
): Override {
  return override<Attrs>(kernel, ({ inputs, attrs, backend }) =>
    tf.tidy(() => compute(inputs, attrs, backend)),
  );
}

/** Registers an override. Kernels may be replaced before the backend has been initialised, or after. */
export function install({ kernel, run }: Override): void {
  const stock = tf.getKernel(kernel, 'wasm');
  if (stock) tf.unregisterKernel(kernel, 'wasm');
  const runStock: Stock = (call) => {
    if (!stock)
      throw new NeusimError('BACKEND_NO_KERNEL', `tfjs-backend-wasm has no kernel ${kernel}`, {
        data: { kernel },
        hint: 'Use @tensorflow/tfjs-backend-wasm 4.22 or later.',
      });
    return stock.kernelFunc(call as unknown as Parameters<tf.KernelFunc>[0]);
  };
  tf.registerKernel({
    ...stock,
    kernelName: kernel,
    backendName: 'wasm',
    kernelFunc: (call) => run(call as unknown as Call<never>, runStock),
  });
}
