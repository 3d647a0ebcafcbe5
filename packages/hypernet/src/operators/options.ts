/** The options of the operators: types alone, so that who reads them loads none of their code. */

export interface CondConvOptions {
  /** n ≥ 1, the number of kernels; default 8, as in the paper (timm: 4). */
  readonly experts: number;
  /** How logits become shares: `sigmoid` (default, CondConv) or `softmax` (dynamic convolution). */
  readonly routing: 'sigmoid' | 'softmax';
  /** What logits are divided by, above 0; default 1. */
  readonly temperature: number;
  /** Channels of a hidden layer before the logits, 0 for none; `auto` (default): none for `sigmoid`, C/4 for `softmax`. */
  readonly hidden: number | 'auto';
  /** λ ≥ 0 of the routing network's own λ/2‖w‖²; without it the training config's for predictors. */
  readonly l2?: number;
  /** Seed of the routing network's start, any whole number. The kernels start by the layer's `kernelInitializer`. */
  readonly seed?: number;
}

export interface ODConvOptions {
  /** n ≥ 1, the number of kernels; default 4, as in the paper's ODConv (4×). */
  readonly kernels: number;
  /** Channels of the squeezed vector for each of the input, in (0, 1]; default 1/16. */
  readonly reduction: number;
  /** It has no fewer channels than these; default 16. */
  readonly minHidden: number;
  /** What logits are divided by, above 0; default 1. The authors' schedule for large networks begins with 60. */
  readonly temperature: number;
  /**
   * Batch norm after the squeezing layer; default false, as in the paper's text. The authors' code has one. Its statistics are
   * those of a batch's means, which differ little from each other and move with every step, so that a short run is tested
   * with stale ones; in training with a batch of one, nothing of the image passes.
   */
  readonly batchNorm: boolean;
  /** Decay of its running statistics, in [0, 1); default 0.999. */
  readonly normDecay: number;
  /** λ ≥ 0 of the attention network's own λ/2‖w‖²; without it the training config's for predictors. */
  readonly l2?: number;
  /** Seed of the attention network's start, any whole number. The kernels start by the layer's `kernelInitializer`. */
  readonly seed?: number;
}

export interface InvolutionOptions {
  /** Channels that share a kernel; C is a multiple of it, or smaller: then there is one group. Default 16. */
  readonly groupChannels: number;
  /** r: the network has max(1, ⌊C/r⌋) channels inside; default 4. */
  readonly reduction: number;
  /**
   * An involution gives as many channels as it takes. Where the layer wants another number, a 1×1 convolution comes first
   * (`true`, the default), or that is an error.
   */
  readonly projection: boolean;
  /** Batch norm after `reduce`; default true. */
  readonly batchNorm: boolean;
  /** Decay of its running statistics, in [0, 1); default 0.999. */
  readonly normDecay: number;
  /** λ ≥ 0 of the network's own λ/2‖w‖²; without it the training config's for predictors. */
  readonly l2?: number;
  /** Seed of the network's start, any whole number. */
  readonly seed?: number;
}
