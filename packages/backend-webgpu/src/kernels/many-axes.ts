/**
 * Kernels of tfjs's that fail on some tensors, run on others that say the same: axes side by side as one, those that
 * are reduced at the end, what is broadcast written out.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type Call, type Override, override, type Result, type Stock } from '../override';
import { STOCK_RANK } from './rearrange';

const run = (kernel: string, inputs: tf.NamedTensorMap, attrs: object) =>
  tf.engine().runKernel(kernel, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;

/** Those that take two tensors, and broadcast them. */
const BINARY = [
  tf.Add,
  tf.Sub,
  tf.Multiply,
  tf.RealDiv,
  tf.FloorDiv,
  tf.Maximum,
  tf.Minimum,
  tf.Mod,
  tf.Pow,
  tf.SquaredDifference,
  tf.Atan2,
  tf.Equal,
  tf.NotEqual,
  tf.Greater,
  tf.GreaterEqual,
  tf.Less,
  tf.LessEqual,
  tf.LogicalAnd,
  tf.LogicalOr,
] as const;

const binary: readonly Override[] = BINARY.map((kernel) =>
  override<object>(kernel, ({ inputs, attrs }, stock) => {
    const { a, b } = inputs as Record<'a' | 'b', tf.Tensor>;
    if (Math.max(a.rank, b.rank) <= STOCK_RANK || a.dtype === 'complex64' || b.dtype === 'complex64')
      return stock();
    return tf.tidy(() => {
      const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
      const few = together(shape, a.shape, b.shape);
      const written = few[0].length > STOCK_RANK;
      const [left, right] = [a, b].map((t, i) =>
        written
          ? tf.reshape(tf.broadcastTo(t, shape as never), [-1])
          : tf.reshape(t, few[(i + 1) as 1 | 2] as number[]),
      ) as [tf.Tensor, tf.Tensor];
      return tf.reshape(run(kernel, { a: left, b: right }, attrs), shape);
    });
  }),
);

/** The result's shape and both operands', axes that are broadcast alike taken together. */
function together(
  shape: readonly number[],
  a: readonly number[],
  b: readonly number[],
): [number[], number[], number[]] {
  const few: [number[], number[], number[]] = [[], [], []];
  let last = '';
  for (const [axis, size] of shape.entries()) {
    const own = [a, b].map((each) => each[axis - shape.length + each.length] ?? 1) as [number, number];
    if (size === 1) continue;
    const kind = own.map((each) => (each === 1 ? '1' : 'n')).join('');
    for (const [i, n] of [size, ...own].entries()) {
      const list = few[i as 0 | 1 | 2];
      if (kind === last) list[list.length - 1] = (list.at(-1) as number) * n;
      else list.push(n);
    }
    last = kind;
  }
  return few;
}

const select = override<object>(tf.Select, ({ inputs }, stock) => {
  const { condition, t, e } = inputs as Record<'condition' | 't' | 'e', tf.Tensor>;
  if (t.rank <= STOCK_RANK) return stock();
  return tf.tidy(() => {
    // A condition of rank 1 chooses along the first axis.
    const flat = condition.rank === t.rank ? [-1] : [condition.size, -1];
    const [ts, es] = [t, e].map((each) => tf.reshape(each, flat)) as [tf.Tensor, tf.Tensor];
    const chosen = run(tf.Select, { condition: tf.reshape(condition, [-1]), t: ts, e: es }, {});
    return tf.reshape(chosen, t.shape);
  });
});

type AxisAttrs = { readonly axis?: number | number[]; readonly reductionIndices?: number | number[] };

/** What is left of a tensor over which nothing is reduced. */
const NEUTRAL: Readonly<Record<string, number>> = {
  [tf.Max]: Number.NEGATIVE_INFINITY,
  [tf.Min]: Number.POSITIVE_INFINITY,
  [tf.Prod]: 1,
  [tf.Any]: 0,
  [tf.All]: 1,
};

const reductions: readonly Override[] = Object.entries(NEUTRAL).map(([kernel, neutral]) =>
  override<AxisAttrs & { readonly keepDims: boolean }>(kernel, ({ inputs, attrs }, stock) => {
    const x = inputs.x as tf.Tensor;
    const axes = tf.util.parseAxisParam((attrs.axis ?? attrs.reductionIndices) as number[], x.shape);
    const [kept] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
    const shape = attrs.keepDims ? tf.backend_util.expandShapeToKeepDim(kept, axes) : kept;
    if (x.size === 0) return tf.fill(shape, neutral, x.dtype as 'float32');
    const permutation = tf.backend_util.getAxesPermutation(axes, x.rank);
    if (x.dtype === 'float32' || !permutation) return stock();
    return tf.tidy(() => {
      const rows = tf.reshape(tf.transpose(x, permutation), [tf.util.sizeFromShape(kept), -1]);
      const reduced = run(kernel, { x: rows }, { axis: [1], reductionIndices: [1], keepDims: false });
      return tf.reshape(reduced, shape);
    });
  }),
);

const places: readonly Override[] = [tf.ArgMax, tf.ArgMin].map((kernel) =>
  override<{ readonly axis: number | number[] }>(kernel, ({ inputs, attrs }, stock) => {
    const x = inputs.x as tf.Tensor;
    const [axis = 0] = tf.util.parseAxisParam(attrs.axis, x.shape);
    const permutation = tf.backend_util.getAxesPermutation([axis], x.rank);
    if (x.rank > 1 && (x.dtype === 'float32' || !permutation)) return stock();
    return tf.tidy(() => {
      const rows = tf.reshape(permutation ? tf.transpose(x, permutation) : x, [-1, x.shape[axis] as number]);
      const found = run(kernel, { x: rows }, { axis: 1 });
      return tf.reshape(
        found,
        x.shape.filter((_, each) => each !== axis),
      );
    });
  }),
);

interface CumulativeAttrs {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

const cumulative: readonly Override[] = [tf.Cumsum, tf.Cumprod].map((kernel) =>
  override<CumulativeAttrs>(kernel, (call, stock) => alongRows(kernel, call, stock)),
);

function alongRows(kernel: string, { inputs, attrs }: Call<CumulativeAttrs>, stock: Stock): Result {
  const x = inputs.x as tf.Tensor;
  const [axis = 0] = tf.util.parseAxisParam(attrs.axis, x.shape);
  const permutation = tf.backend_util.getAxesPermutation([axis], x.rank);
  if (x.rank <= STOCK_RANK && (x.dtype === 'float32' || !permutation)) return stock();
  return tf.tidy(() => {
    const turned = permutation ? tf.transpose(x, permutation) : x;
    const rows = tf.reshape(turned, [-1, x.shape[axis] as number]);
    const y = tf.reshape(run(kernel, { x: rows }, { ...attrs, axis: 1 }), turned.shape);
    return permutation ? tf.transpose(y, tf.backend_util.getUndoAxesPermutation(permutation)) : y;
  });
}

export const manyAxes: readonly Override[] = [...binary, select, ...reductions, ...places, ...cumulative];
