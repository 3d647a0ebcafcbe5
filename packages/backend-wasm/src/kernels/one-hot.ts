/** OneHot. The stock kernel writes int32 whatever the type asked for: wrong as float32, and past the end as bool. */
import * as tf from '@tensorflow/tfjs-core';
import { override } from '../override';

export const oneHot = override<tf.OneHotAttrs>(tf.OneHot, (call, stock) => {
  const { dtype } = call.attrs;
  if (dtype === 'int32') return stock(call);
  return tf.tidy(() => {
    const whole = stock({ ...call, attrs: { ...call.attrs, dtype: 'int32' } }) as tf.TensorInfo;
    return tf.cast(tf.engine().makeTensorFromTensorInfo(whole), dtype);
  });
});
