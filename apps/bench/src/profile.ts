/**
 * Where the time of a computation goes: the self time of every kernel of tfjs's backend `wasm`, and what lies between
 * the kernels (tfjs's tape, its engine, the network's own code).
 */
import * as tf from '@tensorflow/tfjs-core';

export interface Profile {
  /** Milliseconds in all. */
  readonly total: number;
  /** Self time in milliseconds, the largest first: without the kernels that a kernel calls. */
  readonly kernels: readonly {
    readonly name: string;
    readonly milliseconds: number;
    readonly calls: number;
  }[];
}

/** Runs `compute` with every kernel timed. Kernels that are registered meanwhile are not. */
export function profile(compute: () => void): Profile {
  const kernels = tf.getKernelsForBackend('wasm');
  const times = new Map<string, { milliseconds: number; calls: number }>();
  const inner: number[] = [];
  for (const kernel of kernels) {
    tf.unregisterKernel(kernel.kernelName, 'wasm');
    tf.registerKernel({
      ...kernel,
      kernelFunc: (call) => {
        inner.push(0);
        const start = performance.now();
        try {
          return kernel.kernelFunc(call);
        } finally {
          const whole = performance.now() - start;
          const own = whole - (inner.pop() as number);
          if (inner.length > 0) inner[inner.length - 1] = (inner[inner.length - 1] as number) + whole;
          const entry = times.get(kernel.kernelName) ?? { milliseconds: 0, calls: 0 };
          times.set(kernel.kernelName, { milliseconds: entry.milliseconds + own, calls: entry.calls + 1 });
        }
      },
    });
  }
  const start = performance.now();
  try {
    compute();
  } finally {
    for (const kernel of kernels) {
      tf.unregisterKernel(kernel.kernelName, 'wasm');
      tf.registerKernel(kernel);
    }
  }
  const total = performance.now() - start;
  return {
    total,
    kernels: [...times.entries()]
      .map(([name, entry]) => ({ name, ...entry }))
      .sort((a, b) => b.milliseconds - a.milliseconds),
  };
}
