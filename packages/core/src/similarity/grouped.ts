/**
 * Grouped similarity: the input channels in `groups` of neighbours, each with an M of its own, [groups,K,K]: between the
 * one M for all channels of `static-uns` (one group) and an M for each channel (as many groups as channels). Static: what
 * is left after training is a plain kernel. The paper has one M for all channels (method: §1); groups are ours.
 */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { Similarity } from '../parts';

export interface StaticGroupedOptions {
  /** A divisor of the input channels; default 2. */
  readonly groups: number;
  /** λ of the penalty λ/2‖M‖² of all groups, which pulls to zero, not to I; default 5e-3, as for `static-uns`. */
  readonly l2: number;
}

/**
 * M[groups,K,K] as a weight of the layer, identities at first.
 * Building a layer throws NeusimError LAYER_OPTIONS where the channels do not divide into the groups.
 */
export function staticGrouped({ groups, l2 }: StaticGroupedOptions): Similarity {
  return Object.freeze<Similarity>({
    name: 'static-grouped',
    version: '1.0.0',
    options: { groups, l2 },
    form: 'grouped',
    source: 'parameter',
    weights: ({ taps, channels }) => {
      if (channels % groups !== 0)
        throw new NeusimError(
          'LAYER_OPTIONS',
          `static-grouped: input channels (=${channels}) must be divisible by groups (=${groups})`,
          {
            data: { similarity: 'static-grouped', channels, groups },
            hint: `Give groups: a divisor of ${channels}, such as ${nearestDivisor(channels, groups)}.`,
          },
        );
      return [
        {
          name: 'similarity',
          shape: [groups, taps, taps],
          init: { apply: () => tf.eye(taps, taps, [groups]) },
          role: 'similarity',
          l2,
        },
      ];
    },
    channels: () => 0,
    toM: (z) => z ?? null,
    fold: (w, m, { taps, channels }) =>
      tf.tidy(() => {
        const filters = w.shape[3];
        const perGroup = (channels / groups) * filters;
        const byGroup = tf.transpose(tf.reshape(w, [taps, groups, perGroup]), [1, 0, 2]);
        const folded = tf.matMul(m as tf.Tensor3D, byGroup, true);
        return tf.reshape(tf.transpose(folded, [1, 0, 2]), w.shape);
      }),
  });
}

/** The largest divisor of `channels` that is not above `groups`. */
function nearestDivisor(channels: number, groups: number): number {
  let divisor = Math.min(channels, groups);
  while (channels % divisor !== 0) divisor--;
  return divisor;
}
