/**
 * Holds a convolution of the seam to the exact sums, first and second order. The operator is linear in each of
 * x, w, m and dy, so its gradients are known exactly, and so are the gradients of
 *
 *     S = <dX, u> + <dW, v> + <dM, t>
 *
 * by x, w, m and dy, which touch every second derivative. Both are compared with float64 loops; nothing here is
 * a finite difference.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type ConvolutionCase, caseArguments } from './cases';
import { bytesOnGpu, gpuRows, held, leftSince } from './memory';
import type { NdArray } from './oracle/array';
import {
  type ConvolutionOptions,
  convolutionForward,
  convolutionGradients,
  convolutionSecondGradients,
} from './oracle/convolution';
import { randomUniform } from './random';
import { brokenRow, type CheckReport, type CheckRow, checkReport, checkRow } from './report';
import { fromTensor, toTensor } from './tensors';
import { relativeError, type Tolerance, tolerance } from './tolerance';

/** x [B,H,W,C], w [kh,kw,C,F], m as in the seam -> y [B,H',W',F]. */
export type ConvolutionOp = (
  x: tf.Tensor4D,
  w: tf.Tensor4D,
  m: tf.Tensor | null,
  options: ConvolutionOptions,
) => tf.Tensor;

export interface GradientCheckOptions {
  /** Default 2: gradients of gradients too. */
  readonly order?: 1 | 2;
  /** Seed of the arguments and directions; default 1. */
  readonly seed?: number;
  /** Default: the row of the current backend. */
  readonly tolerance?: Tolerance;
}

/**
 * Compares the operator's output, gradients and second-order gradients with the oracle's, norm-wise, on the
 * current tfjs backend, and that it leaves no tensor behind. Gradients of stock operators must be registered.
 * @throws NeusimError CHECK_FAILED listing what is off and by how much.
 */
export async function checkGradients(
  op: ConvolutionOp,
  testCase: ConvolutionCase,
  options: GradientCheckOptions = {},
): Promise<CheckReport> {
  const { order = 2, seed = 1, tolerance: allowed = tolerance(tf.getBackend()) } = options;
  const bytes = await bytesOnGpu();
  const args = caseArguments(testCase, seed);
  const { x, w, m, dy } = args;
  const point = m ? [x, w, m] : [x, w];
  const directions = point.map((array, i) => randomUniform(array.shape, seed + 10 + i));
  const [u, v, t] = directions;

  const run = (...inputs: tf.Tensor[]) =>
    op(inputs[0] as tf.Tensor4D, inputs[1] as tf.Tensor4D, inputs[2] ?? null, testCase.options);
  const second = (...inputs: tf.Tensor[]) => {
    const gradients = tf.grads(run)(inputs.slice(0, -1), inputs.at(-1)!);
    return tf.addN(gradients.map((gradient, i) => tf.sum(tf.mul(gradient, toTensor(directions[i]!)))));
  };

  const rows: CheckRow[] = [];
  const compare = async (
    names: readonly string[],
    limit: number,
    inputs: readonly NdArray[],
    compute: (inputs: tf.Tensor[]) => tf.Tensor[],
    expected: readonly (NdArray | null)[],
  ) => {
    try {
      const { outputs, leaked } = await evaluate(inputs, compute);
      const wanted = expected.filter((array) => array !== null);
      for (const [i, name] of names.entries()) {
        const [output, want] = [outputs[i]!, wanted[i]!];
        const sameShape = output.shape.join() === want.shape.join();
        rows.push(
          sameShape
            ? checkRow(name, relativeError(output.data, want.data), limit)
            : checkRow(name, Number.POSITIVE_INFINITY, limit, `shape [${output.shape}], not [${want.shape}]`),
        );
      }
      rows.push(checkRow(`tensors left by ${names.join(', ')}`, leaked, 0));
    } catch (error) {
      rows.push(brokenRow(names.join(', '), error));
    }
  };

  await compare(['y'], allowed.forward, point, (inputs) => [run(...inputs)], [
    convolutionForward(args, testCase.options),
  ]);
  const first = convolutionGradients(args, testCase.options);
  await compare(
    m ? ['dx', 'dw', 'dm'] : ['dx', 'dw'],
    allowed.gradient,
    [...point, dy],
    (inputs) => tf.grads(run)(inputs.slice(0, -1), inputs.at(-1)!),
    [first.dx, first.dw, first.dm],
  );
  if (order === 2) {
    const exact = convolutionSecondGradients(args, { u: u!, v: v!, t: t ?? null }, testCase.options);
    await compare(
      (m ? ['x', 'w', 'm', 'dy'] : ['x', 'w', 'dy']).map((name) => `second order by ${name}`),
      allowed.gradient,
      [...point, dy],
      (inputs) => tf.grads(second)(inputs),
      [exact.dx, exact.dw, exact.dm, exact.ddy],
    );
  }
  if (rows.every((row) => row.ok)) rows.push(...(await gpuRows(bytes)));
  return checkReport(testCase.name, rows);
}

async function evaluate(inputs: readonly NdArray[], compute: (inputs: tf.Tensor[]) => tf.Tensor[]) {
  const before = held();
  const tensors = inputs.map((input) => toTensor(input));
  const results = compute(tensors);
  const leaked = leftSince(before, tensors.length + new Set(results).size);
  const outputs = await Promise.all(results.map(fromTensor));
  tf.dispose([...tensors, ...results]);
  return { outputs, leaked };
}
