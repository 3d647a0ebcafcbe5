/**
 * BatchMatMul. XNNPACK's GEMM takes plain 2-D matrices; the stock kernel leaves transposed or batched ones to a
 * slow loop, and reads out of bounds where the batches are broadcast. Here matrices are transposed first, large
 * batches are multiplied one by one, and only batches of small matrices go to the slow loop.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type Call, override, type Stock } from './override';

/** Multiply-adds of one matrix above which a call of its own costs less than the slow loop. */
const WORTH_A_CALL = 1 << 14;

export const batchMatMul = override<tf.BatchMatMulAttrs>(tf.BatchMatMul, (call, stock) => {
  const { a, b } = call.inputs as { a: tf.Tensor; b: tf.Tensor };
  return tf.tidy(() => multiply(a, b, call, stock));
});

function multiply(
  a: tf.Tensor,
  b: tf.Tensor,
  { attrs, backend }: Call<tf.BatchMatMulAttrs>,
  stock: Stock,
): tf.Tensor {
  const run = (a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean) =>
    made(stock({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend }) as tf.TensorInfo);
  const { transposeA, transposeB } = attrs;
  const [outerA, rowsA, columnsA] = batched(a);
  const [outerB, rowsB, columnsB] = batched(b);
  const outer = tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const batch = tf.util.sizeFromShape(outer);
  const [rows, inner] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const columns = transposeB ? rowsB : columnsB;
  const shape = [...outer, rows, columns];
  // The stock kernel leaves an empty product unwritten, so that it holds what was in the heap.
  if (a.size === 0 || b.size === 0) return tf.zeros(shape);
  const plain = (x: tf.Tensor, transposed: boolean) => (transposed ? tf.transpose(x, [0, 2, 1]) : x);
  if (outerB === 1) {
    const left = plain(tf.reshape(a, [outerA, rowsA, columnsA]), transposeA);
    const right = plain(tf.reshape(b, [1, rowsB, columnsB]), transposeB);
    return tf.reshape(run(tf.reshape(left, [1, outerA * rows, inner]), right, false, false), shape);
  }
  const left = spread(a, outer);
  const right = spread(b, outer);
  if (rows * inner * columns < WORTH_A_CALL)
    return tf.reshape(run(left, right, transposeA, transposeB), shape);
  const lefts = tf.split(plain(left, transposeA), batch, 0);
  const rights = tf.split(plain(right, transposeB), batch, 0);
  const products = lefts.map((each, i) => run(each, rights[i] as tf.Tensor, false, false));
  return tf.reshape(tf.concat(products, 0), shape);
}

function batched(x: tf.Tensor): [number, number, number] {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return [tf.util.sizeFromShape(x.shape.slice(0, -2)), rows, columns];
}

/** x with the batch axes `outer`, as one axis. */
function spread(x: tf.Tensor, outer: number[]): tf.Tensor {
  const matrix = x.shape.slice(-2);
  return tf.reshape(tf.broadcastTo(x, [...outer, ...matrix]), [-1, ...matrix]);
}

function made(info: tf.TensorInfo): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(info);
}
