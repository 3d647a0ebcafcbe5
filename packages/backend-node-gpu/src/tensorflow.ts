/**
 * libtensorflow's own operations. tfjs-node can run any of them, by TensorFlow's name and attributes; tfjs itself
 * has fewer. What goes wrong in one is thrown.
 */
import * as tf from '@tensorflow/tfjs-core';

/** What this package uses of tfjs-node's backend. */
export interface NativeTensorflow extends tf.KernelBackend {
  readonly binding: Readonly<Record<string, number>>;
  readonly isGPUPackage: boolean;
  readonly isUsingGpuDevice: boolean;
  executeMultipleOutputs(
    operation: string,
    attributes: readonly { name: string; type: number | undefined; value: unknown }[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

export function isNative(backend: tf.KernelBackend | null): backend is NativeTensorflow {
  const { binding, executeMultipleOutputs } = (backend ?? {}) as Partial<NativeTensorflow>;
  return typeof binding === 'object' && typeof executeMultipleOutputs === 'function';
}

/** A whole number in an array is an INT, alone a FLOAT; `T` and `U`, the types, are always float32. */
export type Attributes = Readonly<Record<string, boolean | string | number | readonly number[]>>;

/** Runs an operation of TensorFlow on float32 tensors, and gives back its first `outputs` outputs. */
export function execute(
  native: NativeTensorflow,
  operation: string,
  attributes: Attributes,
  inputs: readonly tf.Tensor[],
  { outputs = 1, types = ['T'] }: { outputs?: number; types?: readonly string[] } = {},
): tf.Tensor[] {
  const { binding } = native;
  const given = Object.entries(attributes).map(([name, value]) => ({
    name,
    type: binding[attributeType(value)],
    value,
  }));
  const typed = types.map((name) => ({ name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }));
  return native.executeMultipleOutputs(operation, [...typed, ...given], inputs, outputs);
}

function attributeType(value: Attributes[string]): string {
  if (typeof value === 'boolean') return 'TF_ATTR_BOOL';
  if (typeof value === 'string') return 'TF_ATTR_STRING';
  return typeof value === 'number' ? 'TF_ATTR_FLOAT' : 'TF_ATTR_INT';
}

/** A shape as TensorFlow's operations take it. */
export function shapeTensor(shape: readonly number[]): tf.Tensor1D {
  return tf.tensor1d([...shape], 'int32');
}
