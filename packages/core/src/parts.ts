/**
 * The three words of the house: a layer is a choice of a `Shape` (where each tap reads, and which taps exist),
 * a `Similarity` (how kernel taps are compared with what they read) and, where the similarity depends on the
 * input, a `Predictor`. Parts are plain values; `name` and `options` are what a saved model keeps of them.
 */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
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
  /**
   * λ of the penalty λ/2‖WᵀW − I‖², with W this weight as [values of one filter, filters] (SphereNet, Liu et al. 2017);
   * default none.
   */
  readonly orthogonality?: number;
  /** Default true. A state that training moves by itself, such as a running mean, is not trainable. */
  readonly trainable?: boolean;
}

/** One call of a layer, as its parts see it. */
export interface Call {
  readonly training: boolean;
  /** Writes the part's own weight number `index`, one that is not trainable; what was read before stays as it was. */
  write(index: number, value: Tensor): void;
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

/**
 * What a response is a function of. Products are those that D defines, ⟨a,b⟩ = Σ d[tap]·a·b, and the patch is what the
 * taps have read, modulation included. Each is computed when it is asked for.
 */
export interface Products {
  /** The layer's kernel, [kh,kw,C,F]. */
  readonly kernel: Tensor4D;
  /** ⟨v, patch⟩ [B,H',W',F], of the kernel or of another of its shape, such as the kernel over its norm. */
  dot(v: Tensor4D): Tensor4D;
  /** ‖scale·kernel‖² of each filter [F], not below 0. A small scale keeps squares of very large values finite; default 1. */
  kernelEnergy(scale?: number): Tensor1D;
  /** ‖scale·patch‖² [B,H',W',1], not below 0; default 1. */
  patchEnergy(scale?: number): Tensor4D;
}

/** How a kernel is compared with what it reads: the M of y = Wᵀ·D·M·S(x). */
export interface Similarity extends Part {
  /**
   * The structure of M: none (the inner product), a diagonal of K values, a full K×K matrix, one such matrix for each of
   * several groups of channels (`grouped`), or one matrix between all K·C values of kernel and patch (`bilinear`). The
   * last two are static.
   */
  readonly form: 'none' | 'diagonal' | 'full' | 'grouped' | 'bilinear';
  /** Where M comes from: nowhere, a weight of the layer, or a predictor that sees the layer's input. */
  readonly source: 'none' | 'parameter' | 'predictor';
  /** What the layer's kernel has besides its initializer, where it is not the training config's. */
  readonly kernel?: Pick<Weight, 'l2' | 'orthogonality'>;
  weights(g: Geometry, filters: number): readonly Weight[];
  /** Number of values a predictor gives at each position, for a kernel of `taps` taps; 0 where there is none. */
  channels(taps: number): number;
  /** Multiply-adds of making a predicted M at one position, where it is a product; default 0. */
  multiplyAdds?(taps: number): number;
  /**
   * M from z, which is the layer's first similarity weight (source `parameter`: returned as [K], [K,K], [groups,K,K] or
   * [K·C,K·C]) or the predictor's output [B,H',W',channels] (returned as [B,H',W',K] or [B,H',W',K,K]); null for
   * `none`. A weight may have any shape that M can be made of.
   */
  toM(z: Tensor | undefined, g: Geometry): Tensor | null;
  /**
   * W_eff of a similarity that is not predicted, where that is not Mᵀ·W for each channel by itself: the forms `grouped`
   * and `bilinear` have it, and what replaces the kernel by a function of it.
   * @param w [kh,kw,C,F]; of the form `none` without D, which is multiplied in afterwards.
   * @param m what `toM` gave: null for the form `none`. @param mask D, for norms: ‖w‖² = Σ d[tap]·w².
   * @returns [kh,kw,C,F].
   */
  fold?(w: Tensor4D, m: Tensor | null, g: Geometry, mask?: Tensor): Tensor4D;
  /**
   * What the layer gives in place of ⟨w, patch⟩, where the comparison is not bilinear: hyperspherical and decoupled
   * convolution. Such a similarity has the form `none` and does not fold. Differentiable to second order.
   * @param weights those of `weights(g, filters)`, in their order. @returns [B,H',W',F], finite.
   */
  respond?(products: Products, weights: readonly Tensor[], call: Call): Tensor4D;
}

/** What a shape gives for one call: the diagonal D over the K taps, the side of M it stands on, and where taps read. */
export interface Taps {
  /** [K], carrying its own gradient: zeros and ones, or values between them while they are learned. */
  readonly mask?: Tensor;
  /** `kernel` (default): Wᵀ·D·M·S(x); `input`: Wᵀ·M·D·S(x). */
  readonly side?: 'kernel' | 'input';
  /**
   * Added to the lattice: [B|1,H'|1,W'|1,G·2K], for each of G groups of input channels and each tap (dy, dx) in
   * elements of the input. S reads bilinearly, zeros outside.
   */
  readonly offsets?: Tensor4D;
  /** Factors on what the taps read, [B|1,H'|1,W'|1,G·K] with the same groups: Wᵀ·D·M·diag(modulation)·S(x). */
  readonly modulation?: Tensor4D;
}

/** Which taps a kernel has and where they read: the D and S of y = Wᵀ·D·M·S(x). */
export interface Shape extends Part {
  /** The sampling lattice's spacing [height, width], where the shape fixes it. */
  readonly dilations?: readonly [number, number];
  /** Whether `taps` reads x, or differs from position to position. Such a shape does not fold. Default false. */
  readonly dynamic?: boolean;
  /** `false` where a layer does not begin as the plain convolution of its kernel and dilation; default true. */
  readonly startsPlain?: boolean;
  /**
   * @param g the geometry on a map of the window's size.
   * @param layer the layer's name, for random starts: `weightSeed(seed, layer)` differs from layer to layer.
   */
  weights(g: Geometry, layer: string): readonly Weight[];
  /** Multiply-adds of one image besides the convolution's: those of finding where taps read, and of reading between elements. */
  multiplyAdds?(g: Geometry): number;
  /**
   * @param g the convolution's geometry on x; without x (folding, pictures) on a map of the window's size.
   * @param x [B,H,W,C], always given to a dynamic shape. @param call given with x.
   */
  taps?(weights: readonly Tensor[], g: Geometry, x?: Tensor4D, call?: Call): Taps;
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

/** The arguments of tfjs's Conv2D. */
export type Conv2DArgs = Parameters<typeof layers.conv2d>[0];

/** A convolution of the field that is no choice of M: mixtures of kernels, kernels made for each position. */
export interface Operator extends Part {
  /**
   * Wires the operator, and the networks that steer it, to x [B,H,W,C] and returns [B,H',W',F].
   * @param args those of tfjs's Conv2D. Names of all layers begin with `args.name`.
   * @throws NeusimError LAYER_OPTIONS for arguments that the operator does not have.
   */
  apply(x: SymbolicTensor, args: Conv2DArgs & { readonly name: string }): SymbolicTensor;
}
