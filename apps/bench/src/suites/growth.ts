/** How the time of forward and backward grows with the batch, the image's side, the channels and the window. */
import * as tf from '@tensorflow/tfjs-core';
import type { Engines } from '../engines';
import { measure } from '../measure';
import { type Findings, row } from '../report';
import { type ConvShape, convShape, convTensors, gflop, nameOf, passes } from './shapes';

const base = convShape(16, 16, 32, 32);

const growing: Readonly<Record<string, readonly ConvShape[]>> = {
  batch: [1, 4, 16, 64].map((batch) => ({ ...base, batch })),
  side: [8, 16, 32, 64].map((side) => ({ ...base, height: side, width: side })),
  channels: [8, 16, 32, 64, 128].map((channels) => ({ ...base, channels, filters: channels })),
  window: [1, 3, 5, 7].map((kernel) => ({ ...base, kernel })),
};
const tiny: typeof growing = { batch: [1, 2].map((batch) => convShape(batch, 4, 4, 4)) };

export function benchGrowth(engines: Engines, quick: boolean): Findings {
  const rows = Object.entries(quick ? tiny : growing).flatMap(([what, shapes]) =>
    shapes.flatMap((shape) => {
      const { batch, height, width, kernel } = shape;
      const tensors = convTensors(shape);
      const m = tf.randomNormal([batch, height, width, kernel ** 2]);
      const { plain, dns } = measure(
        engines,
        {
          plain: { engine: 'neusim', ...passes(tensors).train },
          dns: { engine: 'neusim', ...passes(tensors, m).train },
        },
        quick ? 2 : 5,
      );
      tf.dispose([tensors.x, tensors.w, tensors.dy, m]);
      const name = `by ${what}: ${nameOf(shape)}`;
      const work = 3 * gflop(shape);
      return [
        row(`${name}, plain train`, plain, work, 'GFLOP/s'),
        row(`${name}, DNS train`, dns, work, 'GFLOP/s'),
      ];
    }),
  );
  return { rows, ratios: {} };
}
