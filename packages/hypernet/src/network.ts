/**
 * The network that all predictors share (method: §4): two convolutions without bias, the first followed by ReLU,
 * either by batch norm where M is diagonal; linear at the end.
 *
 *     z = [BN] ⟨m2, ReLU [BN] ⟨m1, x⟩⟩
 *
 * Predictors differ in what the convolutions divide by, and in which of these layers they share.
 */

import { BatchNorm, type Geometry, registerLayer, weightSeed } from '@neusim/core';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { NetworkOptions } from './options';
import { isInputGrid, OutputGrid } from './output-grid';
import { SphereConv2D, type SphereConv2DArgs } from './sphere-conv2d';

export type Pairwise<T> = readonly [T, T];

/** Whether m1 and m2 divide by the norm of the patch (`input`) and of the kernel. */
export interface Norms {
  readonly input: Pairwise<boolean>;
  readonly kernel: Pairwise<boolean>;
}

/** A choice of network with everything decided for M's number of values. */
export interface Plan {
  readonly hidden: number;
  readonly channels: number;
  readonly batchNorm: boolean;
}

/**
 * Decides what the options leave to `auto`, as the authors' code does: 64 channels with batch norm where M is a
 * diagonal of `taps` values, 128 without where it is larger.
 */
export function plan(options: NetworkOptions, channels: number, taps: number): Plan {
  const diagonal = channels <= taps;
  return {
    hidden: options.hidden === 'auto' ? (diagonal ? 64 : 128) : options.hidden,
    channels,
    batchNorm: options.batchNorm === 'auto' ? diagonal : options.batchNorm,
  };
}

/**
 * m1 and m2. With the identity start and no batch norm to hold it, m2 starts at zero.
 * @param convolution makes each of them; default a `SphereConv2D`.
 */
export function convolutions<L extends layers.Layer = SphereConv2D>(
  options: NetworkOptions,
  norm: Norms,
  { hidden, channels, batchNorm }: Plan,
  name: string,
  convolution: (args: SphereConv2DArgs) => L = (args) => new SphereConv2D(args) as layers.Layer as L,
): Pairwise<L> {
  const { kernelSize, initScale, l2, seed, start } = options;
  const scales = [initScale[0], start === 'identity' && !batchNorm ? 0 : initScale[1]] as const;
  const make = (part: 0 | 1, filters: number) => {
    const partName = `${name}_m${part + 1}`;
    return convolution({
      name: partName,
      filters,
      kernelSize,
      normalizeInput: norm.input[part],
      normalizeKernel: norm.kernel[part],
      initScale: scales[part],
      seed: layerSeed(seed, partName),
      l2,
    });
  };
  return [make(0, hidden), make(1, channels)];
}

/** A layer's seed from its predictor's, if that has one. */
export function layerSeed(seed: number | undefined, name: string): number | undefined {
  return seed === undefined ? undefined : weightSeed(seed, name);
}

/** The batch norms after m1 and m2, if any. With the identity start the last γ is zero, so that z is. */
export function norms(
  { start, normDecay: momentum }: NetworkOptions,
  { batchNorm }: Plan,
  name: string,
): Pairwise<BatchNorm> | undefined {
  if (!batchNorm) return undefined;
  return [
    new BatchNorm({ name: `${name}_bn1`, momentum }),
    new BatchNorm({ name: `${name}_bn2`, momentum, gammaInit: start === 'identity' ? 0 : 1 }),
  ];
}

/** Wires the layers to x, and brings z to the output grid of g, where one is given. */
export function connect(
  x: SymbolicTensor,
  [m1, m2]: Pairwise<layers.Layer>,
  bn: Pairwise<BatchNorm> | undefined,
  g: Geometry | undefined,
  name: string,
): SymbolicTensor {
  const apply = (layer: layers.Layer | undefined, to: SymbolicTensor) =>
    layer ? (layer.apply(to) as SymbolicTensor) : to;
  const hidden = apply(layers.reLU({ name: `${name}_relu` }), apply(bn?.[0], apply(m1, x)));
  const grid =
    !g || isInputGrid(g)
      ? undefined
      : new OutputGrid({
          name: `${name}_grid`,
          strides: g.strides,
          centre: g.centre,
          size: [g.outHeight, g.outWidth],
        });
  // Before batch norm, so that its statistics are those of the positions that exist.
  return apply(bn?.[1], apply(grid, apply(m2, hidden)));
}

/** Makes the layers of saved predictors known to tfjs, which reads a model before it builds any of them. */
export function registerPredictorLayers(): void {
  for (const layer of [SphereConv2D, OutputGrid, BatchNorm]) registerLayer(layer);
}
