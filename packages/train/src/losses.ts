/**
 * The losses of a run: read from the engine a few at a time, checked, averaged for the log. Reading waits for the
 * engine, so a GPU's may be read seldom; every single one is read at last, and none that is no number slips by.
 */
import { engineAbilities } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from './run-config';

export interface Losses {
  /** Takes a step's loss over. */
  add(loss: tf.Scalar): void;
  /** Number of losses not read yet. */
  readonly unread: number;
  /** Whether as many wait as may. */
  readonly isFull: boolean;
  /** Reads them, oldest first. */
  read(): Promise<number[]>;
  dispose(): void;
}

/** Steps whose losses may wait in a GPU's queue. */
const MOST_ON_GPU = 16;

/** @param readEvery of the config: how many may wait. */
export function createLosses(readEvery: RunConfig['log']['readEvery']): Losses {
  const most = readEvery === 'auto' ? (engineAbilities().capture ? MOST_ON_GPU : 1) : readEvery;
  let waiting: tf.Scalar[] = [];
  return {
    add: (loss) => void waiting.push(loss),
    get unread() {
      return waiting.length;
    },
    get isFull() {
      return waiting.length >= most;
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
