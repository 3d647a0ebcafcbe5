/**
 * Replacing a kernel of the tfjs backend `webgpu`, or adding one that it lacks. A replacement is given the stock
 * kernel, for the cases that it leaves alone.
 */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from './engine/internals';

/** One call of a kernel, as tfjs makes it. */
export interface Call<Attrs> {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly attrs: Attrs;
  readonly gpu: Gpu;
}

export type Result = tf.TensorInfo | tf.TensorInfo[];

/** Runs the kernel replaced; where there was none it throws. */
export type Stock = () => Result;

export interface Override {
  readonly kernel: string;
  readonly run: (call: Call<never>, stock: Stock) => Result;
}

export function override<Attrs>(kernel: string, run: (call: Call<Attrs>, stock: Stock) => Result): Override {
  return { kernel, run };
}

const installed = new WeakSet<object>();

/** Registers an override, once. */
export function install({ kernel, run }: Override): void {
  const stock = tf.getKernel(kernel, 'webgpu');
  if (stock && installed.has(stock.kernelFunc)) return;
  if (stock) tf.unregisterKernel(kernel, 'webgpu');
  const kernelFunc: tf.KernelFunc = (params) => {
    const call = { inputs: params.inputs, attrs: params.attrs, gpu: params.backend };
    return run(call as unknown as Call<never>, () => {
      if (stock) return stock.kernelFunc(params);
      throw new NeusimError('BACKEND_NO_KERNEL', `tfjs-backend-webgpu has no kernel ${kernel}`, {
        data: { kernel },
        hint: 'Use @tensorflow/tfjs-backend-webgpu 4.22 or later.',
      });
    });
  };
  installed.add(kernelFunc);
  tf.registerKernel({ ...stock, kernelName: kernel, backendName: 'webgpu', kernelFunc });
}
