/** Conv2D: by Winograd's algorithm where that pays, else tfjs's own (XNNPACK's). */
import * as tf from '@tensorflow/tfjs-core';
import { override } from '../override';
import { isWinograd, winogradForward } from '../winograd';
import { fromConvInfo } from './convolution-gradients';

/** Products of channels and filters below which the sums of rows cost more than they save. */
const FEWEST_PRODUCTS = 64 * 64;
/** Multiply-adds below which the calls do. */
const LEAST_WORK = 1e8;

export const conv2d = override<tf.Conv2DAttrs>(tf.Conv2D, (call, stock) => {
  const { x, filter } = call.inputs as { x: tf.Tensor4D; filter: tf.Tensor4D };
  const { strides, pad, dataFormat, dilations, dimRoundingMode } = call.attrs;
  if (dataFormat !== 'NHWC') return stock(call);
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
  if (!isWinograd(g) || products < FEWEST_PRODUCTS || work < LEAST_WORK) return stock(call);
  return tf.tidy(() => winogradForward(x, filter, g));
});
