/** Dilated convolution: y(p) = Σₜ wₜ·x(p + d·pₜ); the taps read `rate` apart (method: §13). */
import { define } from '@neusim/registry';
import * as v from 'valibot';
import type { Shape } from '../parts';
import { strictOptions } from '../strict-options';

const version = '1.0.0';

export interface DilatedOptions {
  /** Spacing of the taps, at least 1: one number, or [height, width]. */
  readonly rate: number | readonly [number, number];
}

export function dilated({ rate }: DilatedOptions): Shape {
  const pair: readonly [number, number] = typeof rate === 'number' ? [rate, rate] : [rate[0], rate[1]];
  return Object.freeze<Shape>({
    name: 'dilated',
    version,
    options: { rate },
    dilations: pair,
    weights: () => [],
  });
}

const size = v.pipe(v.number(), v.integer(), v.minValue(1));

export default define({
  kind: 'shape',
  name: 'dilated',
  version,
  summary: 'taps spaced `rate` apart',
  options: strictOptions({ rate: v.optional(v.union([size, v.tuple([size, size])]), 2) }),
  load: () => dilated,
});
