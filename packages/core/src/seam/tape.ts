/** Whether what is computed now may be differentiated. */
import * as tf from '@tensorflow/tfjs-core';

/** Whether tfjs records operations: in a gradient, that somebody will differentiate it again. */
export function tapeIsOn(): boolean {
  return (tf.engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}
