/**
 * Which kernels and gradients tfjs uses on a backend. Engines that are compared run in one process on one heap or
 * device: between two measurements the tables are exchanged.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface EngineState {
  readonly kernels: ReadonlyMap<string, tf.KernelConfig>;
  readonly gradients: ReadonlyMap<string, tf.GradConfig>;
}

/** What is registered now. */
export function captureState(backend = 'wasm'): EngineState {
  const kernels = new Map(tf.getKernelsForBackend(backend).map((kernel) => [kernel.kernelName, kernel]));
  const gradients = new Map<string, tf.GradConfig>();
  for (const name of kernels.keys()) {
    const gradient = tf.getGradient(name);
    if (gradient) gradients.set(name, gradient);
  }
  return { kernels, gradients };
}

/** Makes what is registered equal to `state`. Gradients of kernels that `state` does not know stay. */
export function useState(state: EngineState, backend = 'wasm'): void {
  for (const kernel of tf.getKernelsForBackend(backend))
    if (state.kernels.get(kernel.kernelName) !== kernel) tf.unregisterKernel(kernel.kernelName, backend);
  for (const [name, kernel] of state.kernels) {
    if (!tf.getKernel(name, backend)) tf.registerKernel(kernel);
    const [now, wanted] = [tf.getGradient(name), state.gradients.get(name)];
    if (now === wanted) continue;
    if (now) tf.unregisterGradient(name);
    if (wanted) tf.registerGradient(wanted);
  }
}
