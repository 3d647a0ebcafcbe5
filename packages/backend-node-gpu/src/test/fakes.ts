/** A machine to order, and a stand-in for tfjs-node on it: the plain JavaScript backend with tfjs-node's two methods. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Host, Inspection } from '../host';
import { operations } from './operations';

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
    executeMultipleOutputs: (operation: string, attributes: Attribute[], inputs: tf.Tensor[]) => {
      const named = Object.fromEntries(attributes.map(({ name, value }) => [name, value])) as never;
      return [operations[operation]?.(inputs, named)].flat();
    },
  });
  tf.registerBackend('tensorflow', () => native, 3);
  tf.copyRegisteredKernels('cpu', 'tensorflow');
  // tfjs-cpu's own looks at every row for every segment.
  tf.unregisterKernel('UnsortedSegmentSum', 'tensorflow');
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) =>
      segmentSum(inputs.x as tf.Tensor, inputs.segmentIds as tf.Tensor, attrs),
  });
  tf.setBackend('tensorflow');
}

function segmentSum(x: tf.Tensor, segments: tf.Tensor, attrs?: object): tf.Tensor {
  const width = x.size / segments.size;
  const sums = tf.buffer([(attrs as { numSegments: number }).numSegments, width]);
  const rows = x.dataSync();
  for (const [row, segment] of segments.dataSync().entries())
    for (let i = 0; i < width; i++)
      sums.values[segment * width + i] =
        (sums.values[segment * width + i] as number) + (rows[row * width + i] as number);
  return sums.toTensor();
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
