/** The layers of networks that see an image as a whole: its mean over positions, and dense layers on that. */
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { layerSeed } from './network';
import { SphereConv2D } from './sphere-conv2d';

/** The mean over all positions of x [B,H,W,C], as a map of one pixel: [B,1,1,C]. */
export function imageMean(x: SymbolicTensor, name: string): SymbolicTensor {
  const mean = layers.globalAveragePooling2d({ name: `${name}_pool` } as never).apply(x) as SymbolicTensor;
  const targetShape = [1, 1, x.shape[3] as number];
  return layers.reshape({ name: `${name}_pixel`, targetShape }).apply(mean) as SymbolicTensor;
}

export interface DenseOptions {
  readonly useBias?: boolean;
  readonly l2?: number | undefined;
  readonly seed?: number | undefined;
}

/** A 1×1 convolution, of role `predictor`: from [B,H,W,C] to [B,H,W,units]. The options' seed is that of the network. */
export function dense(
  x: SymbolicTensor,
  units: number,
  name: string,
  { useBias = true, l2, seed }: DenseOptions,
): SymbolicTensor {
  const own = { name, filters: units, kernelSize: 1, useBias, l2, seed: layerSeed(seed, name) };
  return new SphereConv2D(own).apply(x) as SymbolicTensor;
}

export function relu(x: SymbolicTensor, name: string): SymbolicTensor {
  return layers.reLU({ name }).apply(x) as SymbolicTensor;
}
