/** ‖patch‖² against float64 loops: on the lattice and at offsets, first and second order. */
import {
  type ConvolutionOptions,
  type NdArray,
  ndArray,
  randomUniform,
  relativeError,
  sampledPatches,
  sampledPatchesGradients,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import { type PatchEnergyOptions, patchEnergy } from './patch-energy';

type T4 = tf.Tensor4D;
type Name = 'x' | 'mask' | 'modulation' | 'offsets';
type Point = Readonly<Record<Name, NdArray>>;

const window = [3, 2] as const;
const conv: ConvolutionOptions = { strides: [2, 1], pad: 'same', dilations: [1, 2] };
const [batch, height, width, taps] = [2, 3, 5, 6];
const scale = (array: NdArray, by: number): NdArray => ({
  shape: array.shape,
  data: array.data.map((value) => value * by),
});
const here: Point = {
  x: randomUniform([2, 5, 5, 3], 1),
  mask: randomUniform([taps], 2),
  modulation: randomUniform([batch, height, width, taps], 3),
  // Some taps lie outside the map.
  offsets: scale(randomUniform([batch, height, width, 2 * taps], 4), 3),
};
const none = ndArray([1, 1, 1, 2 * taps]);
const de = randomUniform([batch, height, width, 1], 5);

/** Energies, and the gradients of Σ energy · de by each name. */
function exact({ x, mask, modulation, offsets }: Point): Record<Name | 'energy', NdArray> {
  const patches = sampledPatches(x, offsets, window, conv);
  const channels = x.shape[3]!;
  const energy = ndArray(de.shape);
  const dp = ndArray(patches.shape);
  const dmask = ndArray(mask.shape);
  const dmodulation = ndArray(modulation.shape);
  patches.data.forEach((value, i) => {
    const tap = Math.floor(i / channels);
    const [t, position] = [tap % taps, Math.floor(tap / taps)];
    const [a, b, grad] = [mask.data[t]!, modulation.data[tap]!, de.data[position]!];
    energy.data[position]! += a * (b * value) ** 2;
    dp.data[i] = 2 * grad * a * b * b * value;
    dmask.data[t]! += grad * (b * value) ** 2;
    dmodulation.data[tap]! += 2 * grad * a * b * value * value;
  });
  const { dx, doffsets } = sampledPatchesGradients(x, offsets, dp, window, conv);
  return { energy, x: dx, mask: dmask, modulation: dmodulation, offsets: doffsets };
}

const run =
  (names: readonly Name[]) =>
  (...given: tf.Tensor[]) => {
    const { x, ...options } = Object.fromEntries(names.map((name, i) => [name, given[i]])) as unknown as {
      x: T4;
    } & PatchEnergyOptions;
    return patchEnergy(x, window, { ...(conv as object), ...options });
  };

onEachEngine('the energy of patches', () => {
  test.each([
    ['on the lattice', ['x', 'mask', 'modulation']],
    ['at offsets', ['x', 'mask', 'modulation', 'offsets']],
    ['at offsets, of bare patches', ['x', 'offsets']],
  ] as [string, Name[]][])('%s', async (_, names) => {
    const point: Point = {
      ...here,
      ...(names.includes('mask')
        ? {}
        : {
            mask: ndArray([taps], Array(taps).fill(1)),
            modulation: ndArray(here.modulation.shape, Array(here.modulation.data.length).fill(1)),
          }),
      ...(names.includes('offsets') ? {} : { offsets: none }),
    };
    const inputs = names.map((name) => toTensor(point[name]));
    const before = tf.memory().numTensors;
    const expected = exact(point);
    const energy = run(names)(...inputs);
    expect(energy.shape).toEqual(de.shape);
    expect(relativeError(await energy.data(), expected.energy.data)).toBeLessThan(2e-5);
    const gradients = tf.grads(run(names))(inputs, toTensor(de));
    expect(tf.memory().numTensors - before).toBe(names.length + 2);
    for (const [i, name] of names.entries())
      expect(relativeError(await gradients[i]!.data(), expected[name].data), name).toBeLessThan(1e-5);
  });

  test('second order at offsets', async () => {
    const names: Name[] = ['x', 'mask', 'modulation', 'offsets'];
    const directions = names.map((name, i) => randomUniform(here[name].shape, 30 + i));
    const slopes = tf.grads((...given: tf.Tensor[]) =>
      tf.addN(
        tf
          .grads(run(names))(given, toTensor(de))
          .map((g, i) => tf.sum(tf.mul(g, toTensor(directions[i]!)))),
      ),
    )(names.map((name) => toTensor(here[name])));
    const step = 1e-6;
    const [above, below] = [step, -step].map((by) =>
      exact(
        Object.fromEntries(
          names.map((name, i) => [
            name,
            ndArray(
              here[name].shape,
              here[name].data.map((value, k) => value + by * directions[i]!.data[k]!),
            ),
          ]),
        ) as Point,
      ),
    );
    for (const [i, name] of names.entries()) {
      const expected = above![name].data.map((value, k) => (value - below![name].data[k]!) / (2 * step));
      expect(relativeError(await slopes[i]!.data(), expected), name).toBeLessThan(5e-5);
    }
  });
});
