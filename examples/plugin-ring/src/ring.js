// `ring`: the taps at the border of the window, `width` of them deep, and the one in the middle; the others do not exist.
// D is fixed, not learned: a kernel that looks around a place and at it. In a window of even sides nothing is the middle.
import { strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';

/** @import { Shape } from '@neusim/core' */

/**
 * @param {{ readonly width: number, readonly centre: boolean }} options
 * @returns {Shape}
 */
export function ring({ width, centre }) {
  return {
    name: 'ring',
    options: { width, centre },
    weights: () => [],
    taps(_, { kernelHeight, kernelWidth, taps }) {
      const exists = Array.from({ length: taps }, (_, tap) => {
        const [row, column] = [Math.floor(tap / kernelWidth), tap % kernelWidth];
        const [below, right] = [kernelHeight - 1 - row, kernelWidth - 1 - column];
        return Math.min(row, column, below, right) < width || (centre && row === below && column === right);
      });
      return { mask: tf.tensor1d(exists.map(Number)) };
    },
  };
}

export default define({
  kind: 'shape',
  name: 'ring',
  version: '1.0.0',
  summary: 'the taps at the border of the window, and its middle',
  options: strictOptions({
    width: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
    centre: v.optional(v.boolean(), true),
  }),
  load: () => ring,
});
