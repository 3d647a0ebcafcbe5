/** A machine to order, and a stand-in for tfjs-node on it: the plain JavaScript backend with tfjs-node's two methods. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Host, Inspection } from '../host';

export const cpuName = '@tensorflow/tfjs-node';
export const gpuName = '@tensorflow/tfjs-node-gpu';

/** What a machine with everything shows: `gpu` tells which package is looked at. */
export function sound(gpu: boolean): Inspection {
  return {
    loaded: { tensorflow: '2.9.1', gpu },
    error: '',
    missing: [],
    device: gpu ? 'NVIDIA A100' : '',
  };
}

/** A Linux machine with Node 20 on which both packages are installed and work, but for what is given. */
export function machine(changes: Partial<Host> = {}): Host {
  return {
    node: '20.19.0',
    platform: 'linux-x64',
    resolve: (name) => `/modules/${name}/dist/index.js`,
    inspect: async (path) => sound(path?.includes('-gpu') ?? false),
    load: () => {},
    ...changes,
  };
}

/** Registers a stand-in with tfjs as tfjs-node does when it is imported, and makes it the current backend. */
export function importFake(isGPUPackage: boolean, isUsingGpuDevice: boolean): void {
  const plain = tf.engine().registryFactory.cpu?.factory() as tf.KernelBackend;
  const native = Object.assign(plain, {
    isGPUPackage,
    isUsingGpuDevice,
    binding: {
      TF_ATTR_TYPE: 1,
      TF_ATTR_INT: 2,
      TF_ATTR_STRING: 3,
      TF_ATTR_BOOL: 4,
      TF_ATTR_FLOAT: 5,
      TF_FLOAT: 6,
    },
    executeMultipleOutputs: (operation: string, attributes: Attribute[], inputs: tf.Tensor[]) => [
      operations[operation]?.(inputs, Object.fromEntries(attributes.map(({ name, value }) => [name, value]))),
    ],
  });
  tf.registerBackend('tensorflow', () => native, 3);
  tf.copyRegisteredKernels('cpu', 'tensorflow');
  tf.setBackend('tensorflow');
}

/** Takes the stand-in away again, with the engines on it. */
export function forgetFake(): void {
  for (const name of ['tensorflow', 'node', 'node-gpu']) {
    if (tf.findBackendFactory(name)) tf.removeBackend(name);
    for (const { kernelName } of tf.getKernelsForBackend(name)) tf.unregisterKernel(kernelName, name);
  }
}

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** TensorFlow's operations that the start of an engine runs. */
const operations: Record<string, (inputs: tf.Tensor[], attributes: Record<string, unknown>) => tf.Tensor> = {
  ExtractImagePatches: ([x], { ksizes, strides, rates }) => {
    const [, kh, kw] = ksizes as number[];
    const [, sh, sw] = strides as [number, number, number];
    const [, rh, rw] = rates as [number, number, number];
    const [batch, height, width, channels] = (x as tf.Tensor4D).shape;
    const rows = Math.floor((height - ((kh as number) - 1) * rh - 1) / sh) + 1;
    const columns = Math.floor((width - ((kw as number) - 1) * rw - 1) / sw) + 1;
    const taps = Array.from({ length: (kh as number) * (kw as number) }, (_, t) => {
      const [y, z] = [Math.floor(t / (kw as number)) * rh, (t % (kw as number)) * rw];
      const end = [batch, y + (rows - 1) * sh + 1, z + (columns - 1) * sw + 1, channels];
      return tf.stridedSlice(x as tf.Tensor, [0, y, z, 0], end, [1, sh, sw, 1]);
    });
    return tf.concat(taps, 3);
  },
};
