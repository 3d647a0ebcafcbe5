/** What kernels of the seam compute with. */
import * as tf from '@tensorflow/tfjs-core';

/** The tensor in float32: itself where it is. */
export function asFloat<T extends tf.Tensor>(t: T): T {
  return t.dtype === 'float32' ? t : tf.cast(t, 'float32');
}
