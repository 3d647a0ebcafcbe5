/** One operator of the field on a layer of one size. */
import type * as tf from '@tensorflow/tfjs-core';
import type { ConvShape } from '../shapes';

export type T4 = tf.Tensor4D;

/** What is timed: functions of tensors that live until the end. */
export interface Work {
  /** All that gradients are taken by, x first. */
  readonly inputs: readonly tf.Tensor[];
  /** [B,H,W,F] */
  readonly run: () => T4;
  /** The same as one writes it from stock ops; default `run`, on an engine that has none of our kernels. */
  readonly composed?: () => T4;
  /** The same, where a pass without gradients may take what has none. */
  readonly composedForward?: () => T4;
}

export interface Operator {
  /** Its ratios begin with it. */
  readonly name: string;
  /** Made with the padding `same`. */
  readonly start: (shape: ConvShape, tensors: { readonly x: T4; readonly w: T4 }) => Work;
}
