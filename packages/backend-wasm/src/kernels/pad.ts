/**
 * PadV2. The stock kernel steps through the output element by element; this one fills it and copies the runs of the
 * input that stay contiguous.
 */
import * as tf from '@tensorflow/tfjs-core';
import { copyBlock } from '../copy-block';
import { addressesOf } from '../native/native';
import { override } from '../override';

export const padV2 = override<tf.PadV2Attrs>(tf.PadV2, (call, stock) => {
  const x = call.inputs.x as tf.Tensor;
  const { paddings, constantValue } = call.attrs;
  if (x.dtype === 'string') return stock(call);
  // What another backend holds is moved into the heap first: views are taken when it grows no more.
  addressesOf(call.backend, x);
  const out = call.backend.makeOutput(
    x.shape.map((size, i) => size + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0)),
    x.dtype,
  );
  const to = call.backend.typedArrayFromHeap(out);
  to.fill(constantValue);
  const from = call.backend.typedArrayFromHeap(x);
  const none = x.shape.map(() => 0);
  copyBlock(
    from,
    x.shape,
    none,
    to,
    out.shape,
    paddings.map(([before]) => before),
    x.shape,
  );
  return out;
});
