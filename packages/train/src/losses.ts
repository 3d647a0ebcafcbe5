/**
 * The losses of a run: read from the engine a few at a time, checked, averaged for the log. Reading waits for the
 * engine, so a GPU's may be read seldom; every single one is read at last, and none that is no number slips by.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface Losses {
  /** Takes a step's loss over. */
  add(loss: tf.Scalar): void;
  /** Number of losses not read yet. */
  readonly unread: number;
  /** Reads them, oldest first. */
  read(): Promise<number[]>;
  dispose(): void;
}

export function createLosses(): Losses {
  let waiting: tf.Scalar[] = [];
  return {
    add: (loss) => void waiting.push(loss),
    get unread() {
      return waiting.length;
    },
    async read() {
      if (waiting.length === 0) return [];
      const taken = waiting;
      waiting = [];
      const stacked = tf.stack(taken);
      tf.dispose(taken);
      const values = [...(await stacked.data())];
      stacked.dispose();
      return values;
    },
    dispose: () => tf.dispose(waiting),
  };
}
