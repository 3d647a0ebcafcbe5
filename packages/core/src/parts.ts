/**
 * The three words of the house: a layer is a choice of a `Shape` (where each tap reads, and which taps exist),
 * a `Similarity` (how kernel taps are compared with what they read) and, where the similarity depends on the
 * input, a `Predictor`. Parts are plain values; `name` and `options` are what a saved model keeps of them.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Geometry } from './geometry';

/** What a weight is for. Regularisation, learning rates and "adapt M only" choose weights by it. */
export type Role = 'filter' | 'bias' | 'similarity' | 'shape' | 'predictor' | 'norm';

/** What fills a new weight: any tfjs initializer is one. */
export interface WeightInit {
  apply(shape: number[], dtype?: 'float32'): Tensor;
}

/** A weight that a part asks its layer to hold. */
export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: WeightInit;
  readonly role: Role;
  /** Factor on the optimiser's learning rate; 1 where absent. */
  readonly learningRateScale?: number;
  /** λ of this weight's own penalty λ/2‖w‖²; where absent, the training config's value for the role. */
  readonly l2?: number;
}

/** A named choice with the options it was made from: all that a saved model keeps of it. */
export interface Part {
  readonly name: string;
  /**
   * Version of its definition: a model saved with another major version is refused. A part that a registry makes need
   * not say it.
   */
  readonly version?: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** How a kernel is compared with what it reads: the M of y = Wᵀ·D·M·S(x). */
export interface Similarity extends Part {
  /** The structure of M: none (the inner product), a diagonal of K values, or a full K×K matrix. */
  readonly form: 'none' | 'diagonal' | 'full';
  /** Where M comes from: nowhere, a weight of the layer, or a predictor that sees the layer's input. */
  readonly source: 'none' | 'parameter' | 'predictor';
  weights(g: Geometry): readonly Weight[];
  /** Number of values a predictor gives at each position, for a kernel of `taps` taps; 0 where there is none. */
  channels(taps: number): number;
  /**
   * M from z, which is the layer's weight (source `parameter`: [K] or [K,K], returned as [K] or [K,K]) or the
   * predictor's output [B,H',W',channels] (returned as [B,H',W',K] or [B,H',W',K,K]); null for `none`. A weight may have
   * any shape that M can be made of.
   */
  toM(z: Tensor | undefined, g: Geometry): Tensor | null;
}

/** What a shape gives for one call: the 0/1 diagonal D over the K taps, and the side of M it stands on. */
export interface Taps {
  /** [K], zeros and ones, carrying its own gradient. */
  readonly mask?: Tensor;
  /** `kernel`: Wᵀ·D·M·S(x); `input`: Wᵀ·M·D·S(x). */
  readonly side?: 'kernel' | 'input';
}

/** Which taps a kernel has and where they read: the D and S of y = Wᵀ·D·M·S(x). */
export interface Shape extends Part {
  /** The sampling lattice's spacing [height, width], where the shape fixes it. */
  readonly dilations?: readonly [number, number];
  weights(g: Geometry): readonly Weight[];
  taps?(weights: readonly Tensor[], g: Geometry): Taps;
}

/** A network from a layer's input to z: on the layer's output grid, or one for all of it. */
export interface Predictor extends Part {
  /**
   * Wires the network to x [B,H,W,C] and returns z [B,H',W',channels]; [B,1,1,channels] where an image has one M.
   * @param layerName the name of the layer it serves. Names of the network's own layers begin with
   *   `${layerName}_predictor`, so that the weights of tfjs's own layers are known as a predictor's too.
   */
  apply(x: SymbolicTensor, channels: number, g: Geometry, layerName: string): SymbolicTensor;
}
