// Hyperspherical and decoupled convolution against float64 loops of their papers' formulas, on every engine.
import { createRegistry } from '@neusim/registry';
import {
  checkLayer,
  type LayerOracle,
  layerVariants,
  type NdArray,
  ndArray,
  patchesOf,
  patchNorms,
  type ResponseSpec,
  responseForward,
} from '@neusim/testing';
import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import core, { loadModel, neuralSimilarity, type Similarity } from '../index';
import { ANGLES, type Angle, MAGNITUDES } from '../response/options';

const registry = createRegistry(core);
beforeAll(() => registry.ready());

type Options = Record<string, unknown>;
const make = (name: string, options: Options) =>
  registry.make('similarity', name as 'decoupled', options) as Similarity;

const plain: ResponseSpec = {
  angle: 'cosine',
  magnitude: 'sphere',
  alpha: 1,
  beta: 0.5,
  k: 0.3,
  radius: 1,
  weighted: false,
  kernelRadius: 1,
  epsilon: 1e-4,
};

/** tanh(response + bias), with what is learned taken from the layer's weights. */
const oracle =
  (options: Options): LayerOracle =>
  ({ input, weights, options: { strides, padding, dilationRate }, training }) => {
    const spec: ResponseSpec = { ...plain, ...options };
    const [w, bias, ...rest] = weights as [NdArray, NdArray, ...NdArray[]];
    const sharpness =
      spec.angle === 'learned-sigmoid' ? rest.shift()?.data.map((k) => Math.abs(k) + 0.05) : spec.k;
    const patches = patchesOf(input, w, { strides, pad: padding, dilations: dilationRate });
    const [r, running] = rest;
    const norms = patchNorms({ patches }, spec.epsilon).data;
    const mean =
      training && norms.length > 0 ? norms.reduce((a, b) => a + b, 0) / norms.length : running?.data[0];
    const radius = r?.data.map((value) => (value ** 2 + 1e-4) * (mean as number)) ?? spec.radius;
    const y = responseForward({ patches, w }, { ...spec, k: sharpness as number, radius });
    return ndArray(
      y.shape,
      y.data.map((value, i) => Math.tanh(value + bias.data[i % bias.data.length]!)),
    );
  };

const check = (name: string, options: Options, odd: RegExp | null = null) =>
  checkLayer({
    name: `${name} ${JSON.stringify(options)}`,
    inputShape: odd ? [6, 5, 2] : [4, 3, 2],
    layer: (x, window) =>
      neuralSimilarity(x, { ...window, filters: 3, activation: 'tanh', similarity: make(name, options) }),
    load: (saved) => loadModel(registry, saved as tf.io.IOHandler),
    oracle: oracle({ ...(name === 'hyperspherical' ? {} : { magnitude: 'tanh' }), ...options }),
    variants: odd ? layerVariants([6, 5, 2]).filter((variant) => odd.test(variant.name)) : [],
    secondOrder: true,
  });

const all = MAGNITUDES.flatMap((magnitude) => ANGLES.map((angle) => [magnitude, angle] as const));
/** Each function once: a software GPU takes seconds for a pair, and the two meet in one product. */
const few = MAGNITUDES.map((magnitude, i) => [magnitude, ANGLES[i % ANGLES.length] as Angle] as const);

onEachEngine('responses', (engine) => {
  test.each(ANGLES)('hyperspherical, %s', async (angle) => {
    await check('hyperspherical', { angle }, engine === 'webgpu' ? /batch 0|3x2 stride/ : /./);
  });

  test.each(engine === 'webgpu' ? few : all)('decoupled, %s and %s', async (magnitude, angle) => {
    await check('decoupled', { magnitude, angle });
  });

  test.each<Options>([
    { magnitude: 'ball', radius: 2.5, alpha: 0.5, epsilon: 1e-2 },
    { magnitude: 'seg', radius: 3, alpha: 2, beta: 0.25, angle: 'linear' },
    { magnitude: 'tanh', radius: 4, angle: 'sigmoid', k: 0.5, weighted: 'linear' },
    { magnitude: 'mix', beta: 3, weighted: 'tanh', kernelRadius: 0.5 },
    { magnitude: 'linear', alpha: 0.5, weighted: 'linear' },
    { magnitude: 'linear', weighted: 'tanh', kernelRadius: 2 },
  ])('decoupled %j', async (options) => {
    await check('decoupled', options, engine === 'webgpu' ? null : /kernel|dilation/);
  });
});
