import {
  foldSimilarity,
  geometry,
  neuralSimilarity,
  patchEnergy,
  type Shape,
  type Similarity,
  startBackend,
  type Taps,
} from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { randomUniform, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { registry } from '../test/setup';
import { inspectModel } from './inspect-model';
import { spectrumOf } from './spectrum';

beforeAll(async () => {
  await startBackend(registry, 'cpu');
  await registry.ready();
});

/** What fills a weight: random, near the identity of its last two axes. */
const noise = (seed: number, identity = 0) => ({
  apply: (shape: number[]) => {
    const side = shape.at(-1) as number;
    const random = toTensor(randomUniform(shape, seed));
    return identity ? tf.add(random, tf.mul(tf.eye(side), identity)) : random;
  },
});

const learned = (form: Similarity['form'], more: Partial<Similarity>): Similarity => ({
  name: `static-${form}`,
  options: { seed: 3 },
  form,
  source: 'parameter',
  weights: () => [],
  channels: () => 0,
  toM: (z) => z ?? null,
  ...more,
});

/** Two groups of channels with an M each. */
const grouped = learned('grouped', {
  weights: (g) => [{ name: 'similarity', shape: [2, g.taps, g.taps], init: noise(5, 1), role: 'similarity' }],
  fold: (w, m) => {
    const [height, width, channels, filters] = w.shape;
    const halves = tf.split(w, 2, 2) as tf.Tensor4D[];
    const parts = tf.unstack(m as tf.Tensor).map((each, i) => foldSimilarity(halves[i] as tf.Tensor4D, each));
    return tf.reshape(tf.concat(parts, 2), [height, width, channels, filters]) as tf.Tensor4D;
  },
});

const bilinear = learned('bilinear', {
  weights: (g) => {
    const side = g.taps * g.channels;
    return [{ name: 'similarity', shape: [side, side], init: noise(6, 1), role: 'similarity' }];
  },
  fold: (w, m) =>
    tf.reshape(tf.matMul(m as tf.Tensor2D, tf.reshape(w, [m?.shape[0] as number, -1]), true), w.shape),
});

/** Offsets that x says: its mean at the position, for every tap; a modulation; D = 0, 1/8, 2/8 … */
const moved: Shape = {
  name: 'moved',
  options: {},
  dynamic: true,
  weights: () => [],
  taps: (_, g, x) => {
    const mean = tf.mean(x as tf.Tensor4D, 3, true);
    return {
      offsets: tf.tile(mean, [1, 1, 1, 2 * g.taps]) as tf.Tensor4D,
      modulation: tf.sigmoid(tf.tile(mean, [1, 1, 1, g.taps])) as tf.Tensor4D,
      mask: tf.div(tf.range(0, g.taps), 8),
    };
  },
};

/** The same offsets everywhere. */
const active: Shape = {
  name: 'active',
  options: {},
  weights: (g) => [{ name: 'shape', shape: [1, 1, 1, 2 * g.taps], init: noise(8), role: 'shape' }],
  taps: ([offsets]) => ({ offsets: offsets as tf.Tensor4D }),
};

/** k·cos θ·‖w‖, k a filter's own: for a curve whose answer is known. */
const scaled = learned('none', {
  name: 'scaled-cosine',
  source: 'none',
  toM: () => null,
  weights: (_, filters) => [{ name: 'k', shape: [filters], init: noise(9), role: 'similarity' }],
  respond: ({ kernel, dot, patchEnergy }, [k]) =>
    tf.mul(tf.div(dot(kernel), tf.sqrt(tf.add(patchEnergy(), 1e-12))), k as tf.Tensor),
});

type Parts = Omit<Parameters<typeof neuralSimilarity>[1], 'filters' | 'kernelSize'>;

function network(parts: Parts, kernelSize: number | [number, number] = 3): LayersModel {
  const x = input({ shape: [7, 6, 4] });
  const options = { filters: 5, kernelSize, name: 'similar', kernelInitializer: 'glorotUniform' as const };
  const y = neuralSimilarity(x, { ...options, padding: 'same', strides: [2, 1], ...parts });
  const flat = layers.flatten().apply(y) as SymbolicTensor;
  return makeModel({
    inputs: x,
    outputs: layers.dense({ units: 3, name: 'score' }).apply(flat) as SymbolicTensor,
  });
}

const images = () => toTensor(randomUniform([2, 7, 6, 4], 4)) as tf.Tensor4D;

/** Inspects, and holds that nothing is left behind. */
async function inspected(parts: Parts, seen = true, kernelSize?: [number, number]) {
  const [model, x] = [network(parts, kernelSize), images()];
  const before = tf.memory().numTensors;
  const found = await inspectModel(model, seen ? { images: x } : {});
  expect(tf.memory().numTensors).toBe(before);
  // Plain values: what is read back is written the same.
  const text = JSON.stringify(found);
  expect(JSON.stringify(JSON.parse(text))).toBe(text);
  const layer = model.getLayer('similar');
  return {
    found,
    first: found.layers[0]!,
    layer: layer as never as import('@neusim/core').NeuralSimilarityConv2D,
    model,
    x,
  };
}

const spectrumOfKernel = async (kernel: tf.Tensor) =>
  spectrumOf(
    await kernel.data(),
    kernel.size / (kernel.shape.at(-1) as number),
    kernel.shape.at(-1) as number,
  );

describe.each([
  ['static-dns', () => registry.make('similarity', 'static-dns')],
  ['static-uns', () => registry.make('similarity', 'static-uns')],
  ['grouped', () => grouped],
  ['bilinear', () => bilinear],
] as const)('a static M: %s', (_, make) => {
  test('the singular values of W, M and W_eff are those of the weights and of the folded kernel', async () => {
    const { first, layer, model, x } = await inspected({ similarity: make() });
    const [w, , m] = layer.getWeights() as [tf.Tensor, tf.Tensor, tf.Tensor];
    expect(first.similarity).toMatchObject({
      matrix: [...(await m.data())],
      predicted: null,
      sampling: null,
    });
    expect(first.spectra.kernel).toEqual(await spectrumOfKernel(w));
    expect(first.spectra).toMatchObject({ of: 'every input' });
    const effective = tf.tidy(() => layer.comparison().w.clone());
    expect(first.spectra.effective).toEqual(await spectrumOfKernel(effective));
    const energy = tf.tidy(() => tf.sqrt(tf.sum(tf.square(m))).dataSync()[0] as number);
    expect(first.spectra.matrix?.frobenius).toBeCloseTo(energy, 4);
    tf.dispose([effective, x]);
    disposeModel(model);
  });
});

describe.each(['dynamic-dns', 'dynamic-uns'] as const)('a predicted M: %s', (name) => {
  const predictor = () =>
    registry.make('predictor', 'sphere', { seed: 2, hidden: 4, start: 'authors', initScale: [1, 1] });

  test('M of the image, and W_eff at its mean', async () => {
    const { first, layer, found, model, x } = await inspected({
      similarity: registry.make('similarity', name),
      predictor: predictor(),
    });
    const entries = name === 'dynamic-dns' ? 9 : 81;
    const values = first.similarity?.predicted?.values as number[];
    expect(first.similarity?.predicted).toMatchObject({ height: 4, width: 6 });
    expect(values).toHaveLength(4 * 6 * entries);
    const wanted = tf.tidy(() => {
      const all = tf.tensor(values, [24, ...(entries === 9 ? [9] : [9, 9])]);
      return foldSimilarity(layer.getWeights()[0] as tf.Tensor4D, tf.mean(all, 0)).clone();
    });
    const spectrum = await spectrumOfKernel(wanted);
    expect(first.spectra.of).toBe('the mean M');
    expect(first.spectra.effective?.nuclear).toBeCloseTo(spectrum?.nuclear as number, 4);
    expect(first.similarity?.predicted?.spread.positions).toBeGreaterThan(0);
    // The predictor's layers are told as its cost, and have no section.
    expect(found.layers.map(({ layer }) => layer)).toEqual(['similar', 'score']);
    expect(found.costs.filter(({ serves }) => serves === 'similar').length).toBeGreaterThan(1);
    tf.dispose([wanted, x]);
    disposeModel(model);
  });

  test('without an image there is W alone', async () => {
    const { first, model, x } = await inspected(
      { similarity: registry.make('similarity', name), predictor: predictor() },
      false,
    );
    expect(first.similarity?.predicted).toBeNull();
    expect(first.spectra).toMatchObject({ effective: null, of: null });
    expect(first.spectra.kernel).not.toBeNull();
    x.dispose();
    disposeModel(model);
  });
});

describe('where taps read', () => {
  test('offsets that x says, of the first image, on the lattice of a strided layer', async () => {
    const { first, model, x } = await inspected({ shape: moved });
    const mean = tf.tidy(() => [...tf.mean(x, 3).dataSync()]);
    const { sampling, mask } = first.similarity ?? {};
    expect(sampling).toMatchObject({
      input: [7, 6],
      output: [4, 6],
      kernel: [3, 3],
      strides: [2, 1],
      pad: [1, 1],
      dilations: [1, 1],
      groups: 1,
      offsets: { height: 7, width: 6 },
    });
    expect(sampling?.offsets?.values[(5 * 6 + 2) * 18 + 7]).toBeCloseTo(mean[5 * 6 + 2] as number, 5);
    expect(sampling?.modulation?.values).toHaveLength(7 * 6 * 9);
    expect(mask?.[4]).toBe(0.5);
    x.dispose();
    disposeModel(model);
  });

  test('offsets that are weights need no image; those that need one are left out without it', async () => {
    const constant = await inspected({ shape: active }, false, [3, 2]);
    const [, , weight] = constant.layer.getWeights() as tf.Tensor[];
    expect(constant.first.similarity?.sampling?.offsets).toEqual({
      height: 1,
      width: 1,
      values: [...(await (weight as tf.Tensor).data())],
    });
    const dynamic = await inspected({ shape: moved }, false);
    expect(dynamic.first.similarity).toMatchObject({ sampling: null, mask: null });
    for (const { model, x } of [constant, dynamic]) {
      x.dispose();
      disposeModel(model);
    }
  });

  test('a dilated lattice is told, the window’s own is not', async () => {
    const dilated = await inspected({ shape: registry.make('shape', 'dilated', { rate: 2 }), strides: 1 });
    expect(dilated.first.similarity?.sampling).toMatchObject({
      dilations: [2, 2],
      offsets: null,
      pad: [2, 2],
    });
    const plain = await inspected({});
    expect(plain.first.similarity?.sampling).toBeNull();
    for (const { model, x } of [dilated, plain]) {
      x.dispose();
      disposeModel(model);
    }
  });
});

test('a response is what it gives over the angle and over the patch’s length', async () => {
  const { first, layer, model, x } = await inspected({ similarity: scaled });
  const [w, , k] = layer.getWeights() as [tf.Tensor, tf.Tensor, tf.Tensor];
  const full = tf.tidy(() => [...tf.mul(k, tf.sqrt(tf.sum(tf.square(w), [0, 1, 2]))).dataSync()]);
  const mean = full.reduce((a, b) => a + b) / full.length;
  const { angle, magnitude, patchNorm, weights } = first.response ?? {};
  expect(patchNorm).toBeGreaterThan(0);
  for (const [i, at] of (angle?.at ?? []).entries()) {
    expect(angle?.mean[i]).toBeCloseTo(mean * Math.cos(at), 4);
    expect(angle?.highest[i]).toBeCloseTo(Math.max(...full.map((value) => value * Math.cos(at))), 4);
  }
  expect(magnitude?.at.at(-1)).toBeCloseTo(3 * (patchNorm as number), 4);
  expect(magnitude?.mean.at(-1)).toBeCloseTo(mean, 4);
  expect(weights).toEqual([{ name: 'k', values: [...(await k.data())] }]);
  x.dispose();
  disposeModel(model);
});

test('a response of taps that x moves and weights: the patch is what they read', async () => {
  const { first, model, x } = await inspected({ similarity: scaled, shape: moved, strides: 1 });
  const taps = tf.tidy(() => {
    const one = tf.slice(x, 0, 1) as tf.Tensor4D;
    const g = geometry([7, 6, 4], [3, 3], { pad: 'same' });
    const { offsets, modulation, mask } = moved.taps!([], g, one) as Required<Taps>;
    const energy = patchEnergy(one, [3, 3], { pad: 'same', offsets, modulation, mask });
    return Math.sqrt(tf.mean(energy).dataSync()[0]!);
  });
  expect(first.response?.patchNorm).toBeCloseTo(taps, 5);
  x.dispose();
  disposeModel(model);
  // Without an image nothing says where they read.
  const unseen = await inspected({ similarity: scaled, shape: moved }, false);
  expect(unseen.first.response?.patchNorm).toBe(1);
  unseen.x.dispose();
  disposeModel(unseen.model);
});

test('a response that learns with what it has seen: of each filter ρ, and the running mean that it is of', async () => {
  const similarity = registry.make('similarity', 'decoupled', {
    magnitude: 'ball',
    angle: 'learned-sigmoid',
  });
  const { first, layer, model, x } = await inspected({ similarity });
  const { weights, magnitude } = first.response!;
  expect(weights.map(({ name }) => name)).toEqual(
    layer.weights
      .map(({ originalName }) => originalName.split('/').pop())
      .filter((name) => !/kernel|bias/.test(name!)),
  );
  expect(magnitude.mean.every(Number.isFinite)).toBe(true);
  x.dispose();
  disposeModel(model);
});

test('what replaces the kernel by a function of it is an M of its own: W_eff is told', async () => {
  const similarity = registry.make('similarity', 'decoupled', { magnitude: 'linear', angle: 'cosine' });
  const { first, layer, model, x } = await inspected({ similarity });
  const expected = tf.tidy(() => layer.comparison().w.clone());
  expect(first.spectra.effective).toEqual(await spectrumOfKernel(expected));
  expect(first.spectra.of).toBe('every input');
  for (const tensor of [x, expected]) tensor.dispose();
  disposeModel(model);
});

test('a shared predictor serves the first of its layers, which bears its cost', async () => {
  const made = registry.make('model', 'nsn-digits', {
    width: 2,
    depth: 2,
    similarity: 'dynamic-dns',
    parameterization: 'shared',
    predictor: { name: 'shared', width: 3, hidden: 2 },
  });
  const model = made.build();
  const { costs } = await inspectModel(model, { only: () => false });
  const roles = costs.filter(({ byRole }) => byRole.predictor !== undefined);
  expect(roles.map(({ name }) => name)).toContain('stage1_conv1_shared_m1');
  expect(roles.filter(({ serves }) => serves === null)).toEqual([]);
  expect(costs.find(({ name }) => name === 'root')?.serves).toBeNull();
  expect(costs.find(({ name }) => name === 'stage1_conv1')?.serves).toBeNull();
  disposeModel(model);
});

test('the networks of an operator serve its layer', async () => {
  const x = input({ shape: [7, 6, 4] });
  const operator = registry.make('operator', 'cond-conv', { experts: 2 });
  const model = makeModel({
    inputs: x,
    outputs: operator.apply(x, { name: 'mixed', filters: 3, kernelSize: 3 }),
  });
  const { costs } = await inspectModel(model);
  expect(costs.map(({ name, serves }) => [name, serves])).toEqual([
    ['mixed_predictor_routing', 'mixed'],
    ['mixed', null],
  ]);
  disposeModel(model);
});

test('costs are those of the whole network; plain layers have their kernels too', async () => {
  const { found, model, x } = await inspected({ similarity: registry.make('similarity', 'static-dns') });
  const [similar, score] = found.costs;
  expect(similar).toMatchObject({
    name: 'similar',
    parameters: 9 * 4 * 5 + 5 + 9,
    multiplyAdds: 4 * 6 * 9 * 4 * 5,
    byRole: { filter: 180, bias: 5, similarity: 9 },
  });
  expect(score).toMatchObject({ name: 'score', parameters: 4 * 6 * 5 * 3 + 3, serves: null });
  expect(found.layers[1]).toMatchObject({ layer: 'score', kernel: [120, 3], similarity: null });
  expect(found.layers[1]?.spectra.kernel).toMatchObject({ rows: 120, columns: 3 });
  x.dispose();
  disposeModel(model);
});

test('only some layers; a signal stops it and leaves nothing', async () => {
  const [model, x] = [network({}), images()];
  const { layers } = await inspectModel(model, { only: (name) => name === 'score' });
  expect(layers.map(({ layer }) => layer)).toEqual(['score']);
  const controller = new AbortController();
  const before = tf.memory().numTensors;
  const onProgress = () => controller.abort('stop');
  await expect(inspectModel(model, { images: x, signal: controller.signal, onProgress })).rejects.toBe(
    'stop',
  );
  expect(tf.memory().numTensors).toBe(before);
  x.dispose();
  disposeModel(model);
});
