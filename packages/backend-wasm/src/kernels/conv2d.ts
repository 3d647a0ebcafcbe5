/** Conv2D and FusedConv2D: by Winograd's algorithm where that pays, else tfjs's own (XNNPACK's). */
import type { Geometry } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { override } from '../override';
import { isWinograd, winogradForward } from '../winograd';
import { fromConvInfo } from './convolution-gradients';

/** Products of channels and filters below which the sums of rows cost more than they save. */
const FEWEST_PRODUCTS = 2048;
/** Multiply-adds below which the calls do. */
const LEAST_WORK = 4e7;

export const conv2d = override<tf.Conv2DAttrs>(tf.Conv2D, (call, stock) => {
  const { x, filter } = call.inputs as Record<'x' | 'filter', tf.Tensor4D>;
  const g = geometryThatPays(x, filter, call.attrs);
  return g ? tf.tidy(() => winogradForward(x, filter, g)) : stock(call);
});

export const fusedConv2d = override<tf.FusedConv2DAttrs>(tf.FusedConv2D, (call, stock) => {
  const { x, filter, bias } = call.inputs as Record<'x' | 'filter', tf.Tensor4D> & { bias?: tf.Tensor };
  const { activation } = call.attrs;
  const g = geometryThatPays(x, filter, call.attrs);
  if (!g || (activation !== 'linear' && activation !== 'relu')) return stock(call);
  return tf.tidy(() => {
    const y = winogradForward(x, filter, g);
    const moved = bias ? tf.add(y, bias) : y;
    return activation === 'relu' ? tf.relu(moved) : moved;
  });
});

/** The geometry where Winograd's algorithm can do it faster. */
function geometryThatPays(x: tf.Tensor4D, filter: tf.Tensor4D, attrs: tf.Conv2DAttrs): Geometry | undefined {
  const { strides, pad, dataFormat, dilations, dimRoundingMode } = attrs;
  if (dataFormat !== 'NHWC') return undefined;
  const info = tf.backend_util.computeConv2DInfo(
    x.shape,
    filter.shape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
  const g = fromConvInfo(info);
  const products = g.channels * info.outChannels;
  const work = info.batchSize * g.outHeight * g.outWidth * g.taps * products;
  return isWinograd(g) && products >= FEWEST_PRODUCTS && work >= LEAST_WORK ? g : undefined;
}
