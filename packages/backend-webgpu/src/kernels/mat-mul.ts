/**
 * Matrix products that the stock kernel gets wrong: of nothing (a sum of no products is 0), and of batches of which each
 * is broadcast.
 */
import * as tf from '@tensorflow/tfjs-core';
import { override } from '../override';
import { zeros } from './outputs';

interface MatMulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

type Pair = Record<'a' | 'b', tf.Tensor>;

const batchesOf = ({ shape }: tf.Tensor) => shape.slice(0, -2);

function isBroadcast({ a, b }: Pair): boolean {
  const [left, right] = [batchesOf(a), batchesOf(b)];
  const sizes = [left, right].map((shape) => tf.util.sizeFromShape(shape));
  return !tf.util.arraysEqual(left, right) && !sizes.includes(1);
}

const batches = ({ a, b }: Pair) => tf.broadcast_util.assertAndGetBroadcastShape(batchesOf(a), batchesOf(b));

/** Both with the same batches, written out, as one axis. */
function writtenOut({ a, b }: Pair): [tf.Tensor, tf.Tensor] {
  const shape = batches({ a, b });
  return [a, b].map((t) => {
    const matrix = t.shape.slice(-2);
    return tf.reshape(tf.broadcastTo(t, [...shape, ...matrix] as never), [-1, ...matrix] as [
      number,
      number,
      number,
    ]);
  }) as [tf.Tensor, tf.Tensor];
}

export const batchMatMul = override<MatMulAttrs>(tf.BatchMatMul, ({ inputs, attrs, gpu }, stock) => {
  const pair = inputs as Pair;
  const { a, b } = pair;
  const rows = a.shape.at(attrs.transposeA ? -1 : -2) as number;
  const columns = b.shape.at(attrs.transposeB ? -2 : -1) as number;
  const shape = () => [...batches(pair), rows, columns];
  if (a.size === 0 || b.size === 0) return zeros(gpu, shape());
  if (!isBroadcast(pair)) return stock();
  return tf.tidy(() => {
    const [left, right] = writtenOut(pair);
    return tf.reshape(tf.matMul(left, right, attrs.transposeA, attrs.transposeB), shape());
  });
});

const activations: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  linear: (x) => x,
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
  elu: (x) => tf.elu(x),
  sigmoid: (x) => tf.sigmoid(x),
};

export const fusedMatMul = override<
  MatMulAttrs & { readonly activation: string; readonly leakyreluAlpha?: number }
>(tf._FusedMatMul, ({ inputs, attrs }, stock) => {
  const pair = inputs as Pair;
  const { a, b } = pair;
  const { bias, preluActivationWeights } = inputs;
  if (a.size > 0 && b.size > 0 && !isBroadcast(pair)) return stock();
  return tf.tidy(() => {
    const product = tf.matMul(a, b, attrs.transposeA, attrs.transposeB);
    const sum = bias ? tf.add(product, bias) : product;
    const activation = attrs.activation ?? 'linear';
    if (activation === 'prelu') return tf.prelu(sum, preluActivationWeights as tf.Tensor);
    if (activation === 'leakyrelu') return tf.leakyRelu(sum, attrs.leakyreluAlpha);
    return (activations[activation] as (x: tf.Tensor) => tf.Tensor)(sum);
  });
});
