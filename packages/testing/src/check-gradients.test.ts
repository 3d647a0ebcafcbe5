import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ConvolutionCase, convolutionCases } from './cases';
import { type ConvolutionOp, checkGradients } from './check-gradients';
import { type ConvolutionGeometry, convolutionGeometry } from './oracle/convolution';

/** The formula composed of stock operators that have gradients of every order. */
const composed: ConvolutionOp = (x, w, m, options) =>
  tf.tidy(() => {
    const g = convolutionGeometry(x.shape, w.shape, options);
    const { taps, channels, filters } = g;
    const [B, H, W] = g.outputShape;
    const kernel = tf.reshape(w, [taps, channels * filters]);
    if (m && m.rank < 4) {
      // Folded, as tfjs's gradient of a broadcast product fails for an empty batch.
      const folded =
        m.rank === 2 ? tf.matMul(tf.transpose(m), kernel) : tf.mul(tf.reshape(m, [taps, 1]), kernel);
      return composed(x, tf.reshape(folded, w.shape), null, options);
    }
    const patches = readTaps(x, g);
    const size = m ? m.shape.slice(0, 3) : [1, 1, 1];
    const entries = m && tf.reshape(m, [...size, m.rank === 5 ? taps * taps : taps]);
    const entry = (index: number) => tf.slice(entries!, [0, 0, 0, index], [...size, 1]);
    const weighted = patches.map((patch, k) => {
      if (!m) return patch;
      if (m.rank === 4) return tf.mul(patch, entry(k));
      return tf.addN(patches.map((other, s) => tf.mul(other, entry(k * taps + s))));
    });
    const columns = tf.reshape(tf.concat(weighted, 3), [B * H * W, taps * channels]);
    return tf.reshape(tf.matMul(columns, tf.reshape(w, [taps * channels, filters])), g.outputShape.slice());
  });

/** What each tap reads, [B, H', W', C] each. */
function readTaps(x: tf.Tensor4D, { rows, columns, taps }: ConvolutionGeometry): tf.Tensor[] {
  const before = [rows, columns].map((axis) => -axis.read(0, 0));
  const after = [rows, columns].map((axis) =>
    Math.max(0, axis.read(axis.out - 1, axis.taps - 1) - axis.size + 1),
  );
  const padded = tf.pad(x, [
    [0, 0],
    [before[0]!, after[0]!],
    [before[1]!, after[1]!],
    [0, 0],
  ]);
  return Array.from({ length: taps }, (_, tap) => {
    const [row, column] = [Math.floor(tap / columns.taps), tap % columns.taps];
    const down = Array.from({ length: rows.out }, (_, i) => rows.read(i, row) + before[0]!);
    const across = Array.from({ length: columns.out }, (_, j) => columns.read(j, column) + before[1]!);
    return tf.gather(tf.gather(padded, tf.tensor1d(down, 'int32'), 1), tf.tensor1d(across, 'int32'), 2);
  });
}

/** The same values with a gradient of w that is off by `factor`. */
const scaledGradient =
  (factor: number): ConvolutionOp =>
  (x, w, m, options) => {
    const wrong = tf.customGrad((tensor) => ({
      value: tf.clone(tensor as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => tf.mul(dy, factor),
    }));
    return tf.tidy(() => composed(x, wrong(w) as tf.Tensor4D, m, options));
  };

const named = (part: string) => convolutionCases.find(({ name }) => name.includes(part))!;
const failure = (op: ConvolutionOp, testCase: ConvolutionCase) =>
  checkGradients(op, testCase).then(
    () => 'passed',
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  );

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('a right operator passes', () => {
  test.each(convolutionCases)('$name', async (testCase) => {
    const { rows } = await checkGradients(composed, testCase);
    expect(rows).toHaveLength(testCase.m ? 11 : 9);
  });
});

test('case names are unique and carry every form', () => {
  expect(new Set(convolutionCases.map(({ name }) => name)).size).toBe(convolutionCases.length);
  expect(named('x 0x5x4x2').m).toBeNull();
});

describe('a wrong operator fails', () => {
  const square = convolutionCases.find(({ x, m }) => x[0] === 2 && x[1] === 5 && m?.length === 5)!;

  test('output: m transposed', async () => {
    const transposed: ConvolutionOp = (x, w, m, options) =>
      tf.tidy(() => composed(x, w, m && tf.transpose(m, [0, 1, 2, 4, 3]), options));
    expect(await failure(transposed, square)).toMatch(/CHECK_FAILED.*\n.* y: 1\.\d+, allowed 0\.00002/);
  });

  test('output: padding after instead of before', async () => {
    const shifted: ConvolutionOp = (x, w, m, o) =>
      composed(x, w, m, {
        ...o,
        pad: [
          [0, 1],
          [0, 1],
        ],
      });
    const even = convolutionCases.find(({ w, m, options }) => w[0] === 2 && options.pad === 'same' && !m)!;
    expect(await failure(shifted, even)).toContain('CHECK_FAILED');
  });

  test('first order: gradient of w off by 1e-4', async () => {
    const message = await failure(scaledGradient(1 + 1e-4), square);
    expect(message).toMatch(/ {2}dw: 0\.0001/);
    expect(message).not.toMatch(/ {2}(y|dx|dm): /);
  });

  test('second order: a gradient that does not depend on its inputs', async () => {
    // The seam's classic mistake: what the gradient reads is cut off from the tape.
    const frozen: ConvolutionOp = (x, w, _, options) => {
      const convolve = (a: tf.Tensor, b: tf.Tensor) =>
        composed(a as tf.Tensor4D, b as tf.Tensor4D, null, options);
      const op = tf.customGrad((a, b, save) => {
        (save as tf.GradSaveFunc)([a as tf.Tensor, b as tf.Tensor]);
        return {
          value: convolve(a as tf.Tensor, b as tf.Tensor),
          gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
            const detached = saved.map((tensor) => tf.tensor(tensor.dataSync(), tensor.shape));
            return tf.grads(convolve)(detached, dy);
          },
        };
      });
      return op(x, w);
    };
    const plain = convolutionCases[0]!;
    const message = await failure(frozen, plain);
    expect(message).toMatch(/second order by (x|w)/);
    expect(message).not.toMatch(/ {2}(y|dx|dw): /);
  });

  test('no second order at all: tf.conv2d', async () => {
    const stock: ConvolutionOp = (x, w, _, { strides, pad }) => tf.conv2d(x, w, [...strides], pad as 'same');
    const plain = convolutionCases[0]!;
    expect(await failure(stock, plain)).toContain('second order by x, second order by w');
    const { rows } = await checkGradients(stock, plain, { order: 1 });
    expect(rows.map(({ check }) => check)).toContain('dw');
  });

  test('leaks', async () => {
    const leaking: ConvolutionOp = (x, w, m, options) => {
      tf.keep(tf.scalar(1));
      return composed(x, w, m, options);
    };
    expect(await failure(leaking, convolutionCases[0]!)).toContain('tensors left by y: 1.00, allowed 0');
  });

  test('data that no tensor has', async () => {
    const leaking: ConvolutionOp = (x, w, m, options) => {
      tf.engine().backend.write(new Float32Array(1), [1], 'float32');
      return composed(x, w, m, options);
    };
    expect(await failure(leaking, convolutionCases[0]!)).toContain('tensors left by y: 1.00, allowed 0');
  });

  test('not finite', async () => {
    const broken: ConvolutionOp = (x, w, m, options) =>
      tf.tidy(() => tf.div(composed(x, w, m, options), tf.scalar(0)));
    expect(await failure(broken, convolutionCases[0]!)).toContain('y: Infinity');
  });
});
