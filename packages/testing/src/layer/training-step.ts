/**
 * One step of gradient descent on the layer's own batch. The target is the output plus noise, and the rate is
 * the one at which a right gradient lowers the squared distance by a given part.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NdArray } from '../oracle/array';
import { randomNormal } from '../random';
import { brokenRow, type CheckRow, checkRow } from '../report';
import { fromTensor, toTensor } from '../tensors';
import { leftBehind } from './leaks';
import { call, type Subject, writeVariable } from './subject';

/** Parts of the loss one step should take off; a smaller one is tried where the loss curves. */
const parts = [1e-2, 1e-3, 1e-4];

export async function trainingRows(subject: Subject, seed: number): Promise<CheckRow[]> {
  const { model, parameters, training } = subject;
  const variables = model.trainableWeights;
  if (variables.length === 0) return [];
  const start = parameters.map(({ array }) => array);
  const y = await subject.output(start);
  const target = toTensor(added(y, randomNormal(y.shape, seed)));
  const input = toTensor(start[0]!);

  const loss = () =>
    tf.tidy(() => tf.mean(tf.square(tf.sub(call(model, input, training), target))) as tf.Scalar);
  const measure = async () => {
    const value = loss();
    const [number] = (await fromTensor(value)).data;
    value.dispose();
    return number!;
  };
  const gradients = () =>
    tf.tidy(
      () =>
        tf.engine().gradients(
          loss,
          variables.map((v) => v.read()),
          undefined,
          true,
        ).grads,
    );
  const step = (rate: number) =>
    tf.tidy(() => {
      for (const [i, gradient] of gradients().entries())
        if (gradient) variables[i]!.write(tf.sub(variables[i]!.read(), tf.mul(gradient, rate)));
    });

  try {
    const before = await measure();
    const first = gradients();
    const square = await squareNorm(first);
    tf.dispose(first.filter(Boolean));
    const rows: CheckRow[] = [];
    for (const part of parts) {
      if (square === 0) {
        rows.push(checkRow('training step lowers the loss', 0, -part / 10, 'all gradients are zero'));
        break;
      }
      for (const [i, variable] of variables.entries()) writeVariable(variable, start[i + 1]!);
      step((part * before) / square);
      const row = checkRow('training step lowers the loss', (await measure()) / before - 1, -part / 10);
      if (row.ok || part === parts.at(-1)) rows.push(row);
      if (row.ok) break;
    }
    return [
      ...rows,
      checkRow(
        'tensors left by a training step',
        leftBehind(() => step(0)),
        0,
      ),
    ];
  } catch (error) {
    return [brokenRow('training step', error)];
  } finally {
    tf.dispose([input, target]);
  }
}

async function squareNorm(gradients: readonly tf.Tensor[]): Promise<number> {
  let square = 0;
  for (const gradient of gradients)
    if (gradient) for (const value of (await fromTensor(gradient)).data) square += value * value;
  return square;
}

function added(a: NdArray, b: NdArray): NdArray {
  return { shape: a.shape, data: a.data.map((value, i) => value + b.data[i]!) };
}
