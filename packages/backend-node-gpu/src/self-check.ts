/**
 * A small convolution on the engine that was started, held to plain sums in float64. A driver, a library or a
 * precision that gives other numbers is refused: a wrong number is worse than none. Q(x, w, m, dy) is linear in each
 * of its four, so <y, dy>, <dx, x>, <dw, w> and <dm, m> are all the same number.
 */
import { similarityConv2d } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';

/** Rounding of float32 stays a hundred times below; TensorFloat-32 is above. */
const TOLERANCE = 2e-5;
/** Where the user has asked for TensorFloat-32. */
const TF32_TOLERANCE = 5e-3;

/** x [2,5,4,3], w [3,2,3,2], m [2,3,3,K,K], strides 2 and 1, padded with one row above and below. */
const size = { batch: 2, height: 5, width: 4, channels: 3, rows: 3, columns: 2, filters: 2 } as const;
const out = { height: 3, width: 3 } as const;
const taps = size.rows * size.columns;
const options = {
  strides: [2, 1],
  pad: [
    [1, 1],
    [0, 0],
  ],
} as const;

/** @throws NeusimError BACKEND_WRONG with what is off, and by how much. */
export async function selfCheck(engine: string): Promise<void> {
  const { batch, height, width, channels, rows, columns, filters } = size;
  const x = values([batch, height, width, channels], 1);
  const w = values([rows, columns, channels, filters], 2);
  const m = values([batch, out.height, out.width, taps, taps], 3);
  const dy = values([batch, out.height, out.width, filters], 4);
  const [y, dx, dw, dm] = await onEngine([x, w, m], dy);
  const expected = sums(x.data, w.data, m.data);
  const q = dot(expected, dy.data);
  const off = {
    y: Math.max(...expected.map((value, i) => Math.abs((y?.[i] ?? Number.NaN) - value) / value)),
    dx: Math.abs(dot(dx, x.data) / q - 1),
    dw: Math.abs(dot(dw, w.data) / q - 1),
    dm: Math.abs(dot(dm, m.data) / q - 1),
  };
  const allowed = process.env.NVIDIA_TF32_OVERRIDE === '1' ? TF32_TOLERANCE : TOLERANCE;
  const wrong = Object.entries(off).filter(([, error]) => !(error <= allowed));
  if (wrong.length > 0)
    throw new NeusimError(
      'BACKEND_WRONG',
      `the engine '${engine}' gives wrong numbers: ${wrong.map(([name, error]) => `${name} is off by ${error.toExponential(1)}`).join(', ')}, allowed ${allowed}`,
      {
        data: { backend: engine, off, allowed },
        hint: 'where it is off by 1e-4 or so, start Node with NVIDIA_TF32_OVERRIDE=0; else the driver or library is at fault',
      },
    );
}

interface Values {
  readonly shape: number[];
  readonly data: Float32Array;
}

/** Between 0.5 and 1.5: no sum of products cancels. */
function values(shape: number[], seed: number): Values {
  const length = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length }, (_, i) => 1 + 0.5 * Math.sin(seed * 100 + i * 1.7)) };
}

async function onEngine(inputs: readonly Values[], dy: Values): Promise<ArrayLike<number>[]> {
  const results = tf.tidy(() => {
    const [x, w, m] = inputs.map(({ shape, data }) => tf.tensor(data, shape)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const run = (...args: tf.Tensor[]) =>
      similarityConv2d(args[0] as tf.Tensor4D, args[1] as tf.Tensor4D, args[2] as tf.Tensor, options);
    return [run(x, w, m), ...tf.grads(run)([x, w, m], tf.tensor(dy.data, dy.shape))];
  });
  const read = await Promise.all(results.map((result) => result.data()));
  tf.dispose(results);
  return read;
}

/** y of the convolution, by loops. */
function sums(x: Float32Array, w: Float32Array, m: Float32Array): number[] {
  const { batch, height, width, channels, rows, columns, filters } = size;
  const read = (b: number, i: number, j: number, s: number, c: number) => {
    const row = i * options.strides[0] + Math.floor(s / columns) - options.pad[0][0];
    const column = j * options.strides[1] + (s % columns);
    const outside = row < 0 || row >= height;
    return outside ? 0 : (x[((b * height + row) * width + column) * channels + c] as number);
  };
  const y: number[] = [];
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < out.height; i++)
      for (let j = 0; j < out.width; j++)
        for (let f = 0; f < filters; f++) {
          let sum = 0;
          for (let k = 0; k < rows * columns; k++)
            for (let s = 0; s < taps; s++)
              for (let c = 0; c < channels; c++) {
                const weight = m[(((b * out.height + i) * out.width + j) * taps + k) * taps + s] as number;
                sum += (w[(k * channels + c) * filters + f] as number) * weight * read(b, i, j, s, c);
              }
          y.push(sum);
        }
  return y;
}

function dot(a: ArrayLike<number> | undefined, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += (a?.[i] ?? Number.NaN) * (b[i] as number);
  return sum;
}
