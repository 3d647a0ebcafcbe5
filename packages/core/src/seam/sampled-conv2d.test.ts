/** The convolution at offsets against float64 loops: values, first and second order, and what is no place in a map. */
import {
  type NdArray,
  ndArray,
  randomUniform,
  relativeError,
  type SampledArguments,
  sampledArguments,
  sampledCases,
  sampledConvolutionForward,
  sampledConvolutionGradients,
  tolerance,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import { type ConvOptions, geometry } from '../geometry';
import { sampledBackprop, sampledForward } from './composed-sampled';
import { similarityConv2d } from './similarity-conv2d';

type T4 = tf.Tensor4D;
type Name = 'x' | 'w' | 'offsets' | 'm';

const namesOf = (args: SampledArguments): Name[] => [
  'x',
  'w',
  'offsets',
  ...(args.m ? (['m'] as const) : []),
];

const operator =
  (options: ConvOptions) =>
  (...[x, w, offsets, m]: tf.Tensor[]) =>
    similarityConv2d(x as T4, w as T4, m ?? null, { ...options, offsets: offsets as T4 });

/** The gradients in the order of `namesOf`. */
function exact(
  args: SampledArguments,
  options: Parameters<typeof sampledConvolutionGradients>[1],
): NdArray[] {
  const { dx, dw, doffsets, dm } = sampledConvolutionGradients(args, options);
  return [dx, dw, doffsets, ...(dm ? [dm] : [])];
}

async function expectNear(actual: tf.Tensor, expected: NdArray, allowed: number, what: string) {
  expect(actual.shape, what).toEqual(expected.shape);
  expect(relativeError(await actual.data(), expected.data), what).toBeLessThan(allowed);
}

onEachEngine('convolution at offsets', () => {
  test.each(sampledCases.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    const args = sampledArguments(each);
    const names = namesOf(args);
    const { forward, gradient } = tolerance(tf.getBackend());
    const inputs = names.map((name) => toTensor(args[name]!));
    const dy = toTensor(args.dy);
    const before = tf.memory().numTensors;
    const y = operator(each.options)(...inputs);
    expect(tf.memory().numTensors - before).toBe(1);
    await expectNear(y, sampledConvolutionForward(args, each.options), forward, 'y');
    const gradients = tf.grads(operator(each.options))(inputs, dy);
    expect(tf.memory().numTensors - before).toBe(1 + names.length);
    for (const [i, expected] of exact(args, each.options).entries())
      await expectNear(gradients[i]!, expected, gradient, `gradient by ${names[i]}`);
    tf.dispose([y, dy, ...inputs, ...gradients]);
  });

  const second = [0, 1, 2, 6].map((i) => sampledCases[i]!);
  test.each(second.map((each) => [each.name, each] as const))('second order: %s', async (_, each) => {
    const args = sampledArguments(each);
    const names = namesOf(args);
    const directions = names.map((name, i) => randomUniform(args[name]!.shape, 20 + i));
    const inputs = [...names.map((name) => toTensor(args[name]!)), toTensor(args.dy)];
    const before = tf.memory().numTensors;
    const slopes = tf.grads((...given: tf.Tensor[]) => {
      const gradients = tf.grads(operator(each.options))(given.slice(0, -1), given.at(-1)!);
      return tf.addN(gradients.map((g, i) => tf.sum(tf.mul(g, toTensor(directions[i]!)))));
    })(inputs);
    expect(tf.memory().numTensors - before).toBe(inputs.length);

    // ∂ⱼ Σᵢ⟨∂ᵢL, uᵢ⟩ is the derivative of ∂ⱼL along u; by dy it is that of y.
    const step = 1e-6;
    const along = (sign: number) => {
      const moved = Object.fromEntries(
        names.map((name, i) => [
          name,
          {
            shape: args[name]!.shape,
            data: args[name]!.data.map((value, k) => value + sign * step * directions[i]!.data[k]!),
          },
        ]),
      );
      const at = { ...args, ...moved } as SampledArguments;
      return [...exact(at, each.options), sampledConvolutionForward(at, each.options)];
    };
    const [above, below] = [along(1), along(-1)];
    for (const [i, name] of [...names, 'dy'].entries()) {
      const data = above[i]!.data.map((value, k) => (value - below[i]!.data[k]!) / (2 * step));
      await expectNear(slopes[i]!, ndArray(above[i]!.shape, data), 5e-5, `second order by ${name}`);
    }
    tf.dispose([...inputs, ...slopes]);
  });

  test.each([
    ['16 offsets for 9 taps', [1, 1, 1, 16]],
    ['offsets of rank 3', [1, 1, 18]],
    ["offsets on the input's grid", [2, 4, 4, 18]],
    ['offsets of another batch', [3, 2, 2, 18]],
  ])('refuses %s', (_, shape) => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const [x, w, offsets] = [[2, 4, 4, 1], [3, 3, 1, 1], shape].map((each) =>
        tf.ones<tf.Rank.R4>(each as [number, number, number, number]),
      );
      expect(() => similarityConv2d(x!, w!, null, { offsets: offsets! })).toThrow(
        expect.objectContaining({ code: 'SIMILARITY_SHAPE' }),
      );
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  describe.each([
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['infinite downwards', Number.NEGATIVE_INFINITY],
  ])('%s offsets', (_, value) => {
    test('make what they touch NaN, and nothing else', async () => {
      const args = sampledArguments(sampledCases[1]!);
      // One tap of one position of the second image.
      const data = args.offsets.data.slice();
      data[data.length - 1] = value;
      const offsets = { shape: args.offsets.shape, data };
      const { options } = sampledCases[1]!;
      const inputs = [args.x, args.w, offsets, args.m!].map((array) => toTensor(array));
      const y = await operator(options)(...inputs).data();
      const filters = args.w.shape[3]!;
      expect([...y.subarray(-filters)]).toEqual(Array(filters).fill(Number.NaN));
      const whole = sampledConvolutionForward(args, options).data.slice(0, -filters);
      expect(relativeError(y.subarray(0, -filters), whole)).toBeLessThan(2e-5);
      const [, dw, doffsets] = tf.grads(operator(options))(inputs);
      const moves = await doffsets!.data();
      expect([...moves.subarray(-2)]).toEqual([Number.NaN, Number.NaN]);
      expect([...moves.subarray(0, -2)].every(Number.isFinite)).toBe(true);
      expect([...(await dw!.data())].some(Number.isNaN)).toBe(true);
    });
  });

  test('the same values give the same bits', async () => {
    const args = sampledArguments(sampledCases[5]!);
    const inputs = namesOf(args).map((name) => toTensor(args[name]!));
    const run = async () => {
      const gradients = tf.grads(operator(sampledCases[5]!.options))(inputs);
      return Promise.all(gradients.map(async (each) => [...(await each.data())]));
    };
    expect(await run()).toEqual(await run());
  });
});

// Slices of two images, of one, and of two rows and of one row.
test.each([2, 1, 0.5, 0.25])('composed, in slices of %f images', async (images) => {
  await start('cpu');
  for (const each of [0, 4, 5, 7, 8, 16].map((i) => sampledCases[i]!)) {
    const args = sampledArguments(each);
    const { x, w, offsets, dy, m } = args;
    if (m && m.shape.length < 4) continue;
    const [, height, width, channels] = each.x;
    const g = geometry([height, width, channels], [each.w[0], each.w[1]], each.options);
    const floats = images * g.outHeight * g.outWidth * g.taps * channels;
    const given = {
      x: toTensor(x) as T4,
      w: toTensor(w) as T4,
      offsets: toTensor(offsets) as T4,
      dy: toTensor(dy) as T4,
      m: m && toTensor(m),
    };
    const before = tf.memory().numTensors;
    const [y, ...gradients] = tf.tidy(() => {
      const { dx, dw, doffsets, dm } = sampledBackprop(given, g, floats);
      return [sampledForward(given, g, floats), dx, dw, doffsets, ...(dm ? [dm] : [])];
    });
    expect(tf.memory().numTensors - before).toBe(m ? 5 : 4);
    await expectNear(y!, sampledConvolutionForward(args, each.options), 2e-5, 'y');
    for (const [i, expected] of exact(args, each.options).entries())
      await expectNear(gradients[i]!, expected, 1e-5, `gradient ${i}`);
  }
});
