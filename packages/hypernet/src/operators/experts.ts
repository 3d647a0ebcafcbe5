/** Starts of several kernels by one initialiser. */
import { type WeightInit, weightSeed } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Each of [count, ...kernel] started by itself, as if it were a layer's only kernel: an initialiser that counts inputs must
 * not see the others, and one with a seed must not give them all the same values.
 * @param init any initialiser of tfjs; one with a seed is used with a seed of its own for each kernel.
 */
export function eachByItself(init: WeightInit): WeightInit {
  return {
    apply: ([count, ...kernel]: number[]) =>
      tf.tidy(() =>
        tf.stack(
          Array.from({ length: count as number }, (_, i) => reseeded(init, i).apply(kernel, 'float32')),
        ),
      ),
  };
}

function reseeded(init: WeightInit, index: number): WeightInit {
  const { seed, ...config } = (init as Partial<tf.serialization.Serializable>).getConfig?.() ?? {};
  if (typeof seed !== 'number') return init;
  const Initializer = init.constructor as new (config: object) => WeightInit;
  return new Initializer({ ...config, seed: weightSeed(seed, `kernel${index}`) });
}
