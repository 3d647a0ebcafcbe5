/** tfjs's own convolutions and their gradients, channels last in float32; what differs stays with tfjs's kernels. */
import { fromConvInfo, type Geometry } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { type Override, override } from '../../override';
import { filterGradient } from './filter-gradient';
import { forward, inputGradient } from './gather';

type Shape4 = [number, number, number, number];

interface StockAttrs {
  readonly strides: [number, number] | number;
  readonly dilations?: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

const conv2d = override<tf.Conv2DAttrs>(tf.Conv2D, ({ inputs, attrs, gpu }, stock) => {
  const { x, filter } = inputs as Record<'x' | 'filter', tf.Tensor>;
  if (!fits(attrs, x, filter)) return stock();
  return forward(gpu, x, filter, null, geometryOf(x.shape, filter.shape, attrs));
});

const fusedConv2d = override<tf.FusedConv2DAttrs>(tf.FusedConv2D, ({ inputs, attrs, gpu }, stock) => {
  const { x, filter, bias } = inputs as Record<'x' | 'filter', tf.Tensor> & { bias?: tf.Tensor };
  const { activation } = attrs;
  const hasPlainBias = !bias || (bias.rank <= 1 && bias.size === filter.shape[3] && bias.dtype === 'float32');
  const isKnown = activation === 'linear' || activation === 'relu';
  if (!fits(attrs, x, filter) || !hasPlainBias || !isKnown) return stock();
  const g = geometryOf(x.shape, filter.shape, attrs);
  return forward(gpu, x, filter, null, g, { ...(bias && { bias }), relu: activation === 'relu' });
});

const conv2dBackpropInput = override<StockAttrs & { readonly inputShape: Shape4 }>(
  tf.Conv2DBackpropInput,
  ({ inputs, attrs, gpu }, stock) => {
    const { dy, filter } = inputs as Record<'dy' | 'filter', tf.Tensor>;
    if (!fits(attrs, dy, filter)) return stock();
    return inputGradient(gpu, filter, null, dy, geometryOf(attrs.inputShape, filter.shape, attrs));
  },
);

const conv2dBackpropFilter = override<StockAttrs & { readonly filterShape: Shape4 }>(
  tf.Conv2DBackpropFilter,
  ({ inputs, attrs, gpu }, stock) => {
    const { x, dy } = inputs as Record<'x' | 'dy', tf.Tensor>;
    if (!fits(attrs, x, dy)) return stock();
    return filterGradient(gpu, x, null, dy, geometryOf(x.shape, attrs.filterShape, attrs));
  },
);

const fits = ({ dataFormat }: { readonly dataFormat: string }, ...tensors: readonly tf.Tensor[]) =>
  dataFormat === 'NHWC' && tensors.every(({ dtype }) => dtype === 'float32');

function geometryOf(
  input: readonly number[],
  filter: readonly number[],
  { strides, dilations = 1, pad, dimRoundingMode }: Omit<StockAttrs, 'dataFormat'>,
): Geometry {
  const [from, by] = [input as Shape4, filter as Shape4];
  return fromConvInfo(tf.backend_util.computeConv2DInfo(from, by, strides, dilations, pad, dimRoundingMode));
}

export const stockConvolutions: readonly Override[] = [
  conv2d,
  fusedConv2d,
  conv2dBackpropInput,
  conv2dBackpropFilter,
];
