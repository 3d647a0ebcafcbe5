/**
 * The seam's kernels on libtensorflow. On a GPU only convolutions take its own operations: TensorFlow's batch norm
 * means other things there by its saved statistics, and its max pooling chooses among equal maxima as it likes.
 */
import type { NativeTensorflow } from '../tensorflow';
import { batchNormTraining, batchNormTrainingGrad } from './batch-norm';
import { convBackpropFilter, convBackpropInput } from './convolution-gradients';
import { type NativeKernel, registerNative } from './native-kernel';
import { avgPoolGradient, maxPoolGradient } from './pool-gradients';
import { reluGradient } from './relu';
import { similarityKernels } from './similarity';

const everywhere: readonly NativeKernel[] = [
  convBackpropInput,
  convBackpropFilter,
  ...similarityKernels,
  reluGradient,
];

const onCpu: readonly NativeKernel[] = [
  batchNormTraining,
  batchNormTrainingGrad,
  maxPoolGradient,
  avgPoolGradient,
];

/** Registers them for a tfjs backend. */
export function install(backendName: string, native: NativeTensorflow): void {
  for (const kernel of native.isUsingGpuDevice ? everywhere : [...everywhere, ...onCpu])
    registerNative(backendName, native, kernel);
}
