/** The inner product: M = I. A convolution as everybody knows it. */
import { define, noOptions } from '@neusim/registry';
import type { Similarity } from '../parts';

const version = '1.0.0';

export const innerProduct: Similarity = Object.freeze<Similarity>({
  name: 'inner-product',
  version,
  options: {},
  form: 'none',
  source: 'none',
  weights: () => [],
  channels: () => 0,
  toM: () => null,
});

export default define({
  kind: 'similarity',
  name: 'inner-product',
  version,
  summary: 'M = I: the plain convolution',
  options: noOptions,
  load: () => (): Similarity => innerProduct,
});
