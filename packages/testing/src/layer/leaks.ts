/** Rows that count the tensors a layer leaves behind. */
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { held, leftSince } from '../memory';
import { randomNormal } from '../random';
import { type CheckRow, checkRow } from '../report';
import { toTensor } from '../tensors';

/** Tensors, or data, that `act` leaves, after one run of it to fill what is made once. */
export function leftBehind(act: () => void): number {
  act();
  const before = held();
  act();
  return leftSince(before);
}

/**
 * One row for each layer of the model, called on tensors outside any tidy: a model tidies around its layers and
 * would hide what they leave.
 */
export function callRows(model: tfl.LayersModel, seed: number): CheckRow[] {
  const layers = model.layers.filter((layer) => layer.getClassName() !== 'InputLayer');
  return layers.map((layer) => {
    const symbols = [layer.getInputAt(0)].flat();
    const inputs = symbols.map((symbol) => toTensor(randomInput(symbol.shape, seed)));
    const left = leftBehind(() => {
      for (const training of [false, true]) tf.dispose(layer.apply(inputs, { training }) as tf.Tensor[]);
    });
    tf.dispose(inputs);
    return checkRow(`tensors left by a call of ${layer.getClassName()} ${layer.name}`, left, 0);
  });
}

function randomInput(shape: tfl.Shape, seed: number) {
  return randomNormal(
    shape.map((size) => size ?? 2),
    seed,
  );
}
