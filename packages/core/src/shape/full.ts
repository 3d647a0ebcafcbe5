/** The full window: every tap of the kernel exists and reads its own place. */
import { define, noOptions } from '@neusim/registry';
import type { Shape } from '../parts';

const version = '1.0.0';

export const full: Shape = Object.freeze<Shape>({ name: 'full', version, options: {}, weights: () => [] });

export default define({
  kind: 'shape',
  name: 'full',
  version,
  summary: 'every tap of the window',
  options: noOptions,
  load: () => (): Shape => full,
});
