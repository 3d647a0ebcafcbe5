// Every similarity as a metric: as the layer has it, as its formula in float64, and as differentiable.
import { describeWeights, loadModel, neuralSimilarity, type Predictor, type Similarity } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import {
  checkLayer,
  layerVariants,
  type NdArray,
  ndArray,
  patchesOf,
  randomNormal,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, model as makeModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import fewshot from '../index';
import { slopeError, slopeOf } from '../test/slopes';
import { parts } from '../test/tiny';
import { type Metric, type MetricOptions, metricOf } from './metric';

const registry: AnyRegistry = createRegistry(...parts, fewshot);
beforeAll(() => registry.ready());

const WINDOW = [2, 2, 4] as const;
const [N, WAY, D] = [3, 2, 16];
const make = (metric: string, options: Partial<MetricOptions> = {}, shape: readonly number[] = [D]): Metric =>
  metricOf(registry, { metric, on: 'embedding', scale: 1, learnScale: false, ...options })(shape, 5);

/** Gives every weight values that no start has. */
function scramble(model: LayersModel): NdArray[] {
  return describeWeights(model).map(({ variable, name }, i) => {
    const values = randomNormal(variable.shape as number[], 50 + i);
    if (/variance|mean_norm|seen|scale/.test(name))
      values.data.forEach((value, j) => {
        values.data[j] = Math.abs(value) + 0.5;
      });
    const tensor = toTensor(values);
    variable.write(tensor);
    tensor.dispose();
    return values;
  });
}

const QUERY = randomNormal([N, D], 1);
const TEMPLATES = randomNormal([WAY, D], 2);

/** Scores [n,way] of two vectors each. */
const eachPair = (score: (x: Float64Array, w: Float64Array) => number) =>
  Array.from({ length: N * WAY }, (_, at) => {
    const [i, j] = [Math.floor(at / WAY), at % WAY];
    return score(QUERY.data.subarray(i * D, (i + 1) * D), TEMPLATES.data.subarray(j * D, (j + 1) * D));
  });
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

/** The largest difference, over the largest value. */
async function off(scores: tf.Tensor, expected: ArrayLike<number>): Promise<number> {
  const data = await scores.data();
  const largest = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - data[i]!))) / largest;
}

const names = createRegistry(...parts, fewshot)
  .list('similarity')
  .map(({ name }) => name);

describe('a metric', () => {
  beforeAll(() => start('wasm'));

  test('knows every registered similarity', () => {
    expect(names).toEqual(
      expect.arrayContaining(['euclidean', 'static-bilinear', 'dynamic-uns', 'decoupled']),
    );
  });

  test.each(names)('%s compares as a layer whose kernels are the templates', async (name) => {
    const similarity = registry.make('similarity', name) as Similarity;
    const isDynamic = similarity.source === 'predictor';
    const predictor = isDynamic ? 'sphere' : undefined;
    const metric = make(name, { on: 'map', predictor }, WINDOW);
    const weights = scramble(metric.model);
    const [query, templates] = [QUERY, TEMPLATES].map((array, i) =>
      tf.reshape(toTensor(array), [i === 0 ? N : WAY, ...WINDOW]),
    ) as [tf.Tensor4D, tf.Tensor4D];

    const x = input({ shape: [...WINDOW] });
    const y = neuralSimilarity(x, {
      name: 'metric',
      filters: WAY,
      kernelSize: [2, 2],
      padding: 'valid',
      useBias: false,
      similarity,
      ...(isDynamic ? { predictor: registry.make('predictor', 'sphere') as Predictor } : {}),
    });
    const layer = makeModel({ inputs: x, outputs: y });
    const byName = new Map(describeWeights(metric.model).map(({ name }, i) => [name, weights[i]!]));
    for (const { name, variable } of describeWeights(layer)) {
      if (name === 'metric/kernel') variable.write(tf.transpose(templates, [1, 2, 3, 0]));
      // Of a filter: one for all templates.
      else variable.write(tf.add(tf.zeros(variable.shape as number[]), toTensor(byName.get(name)!)));
    }
    const expected = await (layer.apply(query) as tf.Tensor).data();
    expect(await off(metric.score(query, templates), expected)).toBeLessThan(1e-5);
    tf.dispose([query, templates]);
    disposeModel(layer);
    disposeModel(metric.model);
  });

  const formulas: [string, Partial<MetricOptions>, (m: Float64Array) => number[]][] = [
    ['inner-product', {}, () => eachPair(dot)],
    ['inner-product', { scale: 2.5 }, () => eachPair((x, w) => 2.5 * dot(x, w))],
    ['euclidean', {}, () => eachPair((x, w) => -x.reduce((sum, value, i) => sum + (value - w[i]!) ** 2, 0))],
    [
      'hyperspherical',
      {},
      () => eachPair((x, w) => dot(x, w) / Math.sqrt((dot(x, x) + 1e-4) * (dot(w, w) + 1e-4))),
    ],
    ['static-dns', {}, (m) => eachPair((x, w) => m[0]! * dot(x, w))],
    [
      'static-dns',
      { on: 'features' },
      (m) =>
        eachPair((x, w) =>
          dot(
            x.map((value, i) => value * m[i]!),
            w,
          ),
        ),
    ],
    [
      'static-uns',
      { on: 'features' },
      (m) =>
        eachPair((x, w) =>
          dot(
            w.map((_, k) => dot(m.subarray(k * D, (k + 1) * D), x)),
            w,
          ),
        ),
    ],
    [
      'static-bilinear',
      {},
      (m) =>
        eachPair((x, w) =>
          dot(
            w.map((_, k) => dot(m.subarray(k * D, (k + 1) * D), x)),
            w,
          ),
        ),
    ],
  ];
  test.each(formulas)('%s %j is its formula', async (name, options, expected) => {
    const metric = make(name, options);
    const [m] = scramble(metric.model);
    const scores = metric.score(toTensor(QUERY), toTensor(TEMPLATES));
    expect(scores.shape).toEqual([N, WAY]);
    expect(await off(scores, expected(m?.data ?? new Float64Array()))).toBeLessThan(1e-5);
    disposeModel(metric.model);
  });

  test("a map's M lies between its positions", async () => {
    const metric = make('static-uns', { on: 'map' }, WINDOW);
    const [m] = scramble(metric.model);
    const maps = [QUERY, TEMPLATES].map((array) => tf.reshape(toTensor(array), [-1, ...WINDOW]));
    const expected = eachPair((x, w) => {
      let sum = 0;
      for (let k = 0; k < 4; k++)
        for (let s = 0; s < 4; s++)
          for (let c = 0; c < 4; c++) sum += w[k * 4 + c]! * m!.data[k * 4 + s]! * x[s * 4 + c]!;
      return sum;
    });
    expect(await off(metric.score(maps[0]!, maps[1]!), expected)).toBeLessThan(1e-5);
    disposeModel(metric.model);
  });

  test('a dynamic M is of the query: without its predictor the scores are others', async () => {
    const metric = make('dynamic-dns', { on: 'features', predictor: 'pooled' });
    const [query, templates] = [toTensor(QUERY), toTensor(TEMPLATES)];
    expect(await off(metric.score(query, templates), eachPair(dot))).toBeLessThan(1e-5);
    scramble(metric.model);
    expect(await off(metric.score(query, templates), eachPair(dot))).toBeGreaterThan(0.1);
    disposeModel(metric.model);
  });

  test('is saved and loaded with M, predictor and factor, and leaves nothing', async () => {
    const before = tf.memory().numTensors;
    const metric = make('dynamic-dns', { scale: 3, learnScale: true, on: 'features' });
    scramble(metric.model);
    const roles = Object.fromEntries(describeWeights(metric.model).map(({ name, role }) => [name, role]));
    expect(roles).toMatchObject({ 'metric/scale': 'similarity', 'metric_predictor_m1/kernel': 'predictor' });
    const [query, templates] = [toTensor(QUERY), toTensor(TEMPLATES)];
    let saved: tf.io.ModelArtifacts = {};
    await metric.model.save({
      save: async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      },
    });
    const loaded = await loadModel(registry, { load: async () => saved });
    const [ours, theirs] = [
      metric.score(query, templates),
      tf.tidy(() => loaded.apply([query, templates]) as tf.Tensor),
    ];
    expect(await theirs.data()).toEqual(await ours.data());
    tf.dispose([query, templates, ours, theirs]);
    disposeModel(loaded);
    disposeModel(metric.model);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('what does not fit is refused', () => {
    expect(() => make('euclidean', { predictor: 'pooled' })).toThrow(
      expect.objectContaining({ code: 'LAYER_OPTIONS' }),
    );
    expect(() => make('euclidean', { on: 'map' })).toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BACKBONE' }),
    );
    expect(() => make('euclidian')).toThrow(expect.objectContaining({ code: 'REGISTRY_UNKNOWN_NAME' }));
  });
});

onEachEngine('the gradients of a metric', (engine) => {
  const all: [string, Partial<MetricOptions>][] = [
    ['euclidean', {}],
    ['hyperspherical', { learnScale: true, scale: 2 }],
    ['static-bilinear', {}],
    ['decoupled', { on: 'features' }],
    ['dynamic-uns', { on: 'map', predictor: { name: 'pooled', hidden: 5 } }],
  ];
  test.each(engine === 'webgpu' ? all.slice(1, 2) : all)('%s %j, of both orders', async (name, options) => {
    const metric = make(name, options, options.on === 'map' ? [2, 1, 3] : [6]);
    scramble(metric.model);
    const [query, templates] = [randomNormal([3, 6], 1), randomNormal([2, 6], 2)].map((a) => toTensor(a));
    const shaped = (x: tf.Tensor) =>
      tf.reshape(x, [-1, ...(metric.model.inputs[0]!.shape.slice(1) as number[])]);
    const f = (...[x, w]: tf.Tensor[]) =>
      tf.sum(tf.square(tf.sub(metric.score(shaped(x!), shaped(w!)), 0.5))) as tf.Scalar;
    expect(await slopeError(f, [query!, templates!])).toBeLessThan(2e-3);
    expect(await slopeError(slopeOf(f), [query!, templates!])).toBeLessThan(5e-3);
    tf.dispose([query, templates]);
    disposeModel(metric.model);
  });
});

onEachEngine('euclidean', (engine) => {
  test('is a layer', async () => {
    await checkLayer({
      inputShape: [4, 3, 2],
      layer: (x, options) =>
        neuralSimilarity(x, {
          ...options,
          filters: 3,
          similarity: registry.make('similarity', 'euclidean') as Similarity,
        }),
      oracle: ({ input, weights: [w, bias], options: { strides, padding, dilationRate } }) => {
        const patches = patchesOf(input, w!, { strides, pad: padding, dilations: dilationRate });
        const [size, filters] = [w!.data.length / w!.shape[3]!, w!.shape[3]!];
        const y = ndArray([...patches.shape.slice(0, 3), filters]);
        for (let at = 0; at < y.data.length; at++) {
          const [p, f] = [Math.floor(at / filters), at % filters];
          y.data[at] = bias!.data[f]!;
          for (let v = 0; v < size; v++)
            y.data[at]! -= (w!.data[v * filters + f]! - patches.data[p * size + v]!) ** 2;
        }
        return y;
      },
      load: (saved) => loadModel(registry, saved as tf.io.IOHandler),
      variants: engine === 'webgpu' ? [] : layerVariants([4, 3, 2]),
      directions: engine === 'webgpu' ? 1 : 4,
      secondOrder: true,
    });
  });

  test('is 0 of equals, and no NaN of the very large', async () => {
    const metric = make('euclidean');
    const x = toTensor(QUERY) as tf.Tensor2D;
    const equal = await metric.score(tf.mul(x, 100), tf.mul(x, 100)).array();
    for (let i = 0; i < N; i++) expect(Math.abs(equal[i]![i]!)).toBeLessThan(0.2);
    expect(Math.max(...equal.flat())).toBeLessThan(0.2);
    const large = await metric.score(tf.mul(x, 1e20), tf.mul(x, -1e20)).data();
    expect(Array.from(large)).toContain(Number.NEGATIVE_INFINITY);
    expect(large.some(Number.isNaN)).toBe(false);
    disposeModel(metric.model);
  });
});
