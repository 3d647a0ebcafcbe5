import core, {
  BatchNorm,
  countParameters,
  describeWeights,
  foldModel,
  loadModel,
  type NeuralSimilarityConv2D,
  type Predictor,
  type Shape,
  type Similarity,
} from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import { convertToNsl, disposeModel } from './index';

const registry = createRegistry(core, hypernet, masks);
const staticUns: Similarity = registry.make('similarity', 'static-uns');
const dynamicDns: Similarity = registry.make('similarity', 'dynamic-dns');
const predictor = (hidden = 4): Predictor => registry.make('predictor', 'sphere', { hidden, seed: 1 });
const forms = [
  ['static-dns', () => ({ similarity: registry.make('similarity', 'static-dns') })],
  ['static-uns', () => ({ similarity: staticUns })],
  ['dynamic-dns', () => ({ similarity: dynamicDns, predictor: predictor() })],
  [
    'dynamic-uns',
    () => ({ similarity: registry.make('similarity', 'dynamic-uns') as Similarity, predictor: predictor() }),
  ],
] as const;

type Tensor = tfl.SymbolicTensor;
const apply = (layer: tfl.layers.Layer, ...xs: Tensor[]) =>
  layer.apply(xs.length === 1 ? (xs[0] as Tensor) : xs) as Tensor;
const { layers } = tfl;

/** A network in MobileNet's manner: a strided root, depthwise and 1×1 convolutions, batch norm, a residual, dense. */
function mobile(): tfl.LayersModel {
  const x = tfl.input({ shape: [9, 8, 3] });
  const block = (from: Tensor, name: string) => {
    const wide = apply(layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', useBias: false }), from);
    const normed = apply(layers.reLU(), apply(layers.batchNormalization(), wide));
    return apply(layers.conv2d({ name, filters: 6, kernelSize: 1 }), normed);
  };
  const root = layers.conv2d({ name: 'root', filters: 6, kernelSize: 3, strides: 2, padding: 'same' });
  const rooted = apply(layers.batchNormalization(), apply(root, x));
  const summed = apply(layers.add(), rooted, block(rooted, 'narrow'));
  const wide = layers.conv2d({
    name: 'dilated',
    filters: 5,
    kernelSize: [3, 2],
    dilationRate: [2, 1],
    padding: 'same',
    activation: 'tanh',
    kernelRegularizer: 'l1l2',
  });
  const pooled = apply(layers.globalAveragePooling2d({}), apply(wide, summed));
  return tfl.model({ name: 'mobile', inputs: x, outputs: apply(layers.dense({ units: 3 }), pooled) });
}

function sequential(): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      layers.conv2d({
        inputShape: [7, 6, 2],
        filters: 3,
        kernelSize: 3,
        padding: 'valid',
        activation: 'relu',
      }),
      layers.conv2d({ filters: 4, kernelSize: [2, 3], strides: [1, 2], useBias: false }),
      layers.flatten(),
      layers.dense({ units: 2 }),
    ],
  });
}

/** A model used twice inside another, and two outputs. */
function nested(): tfl.LayersModel {
  const inner = tfl.input({ shape: [6, 6, 2] });
  const conv = layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same' });
  const block = tfl.model({
    name: 'block',
    inputs: inner,
    outputs: apply(layers.batchNormalization(), apply(conv, inner)),
  });
  const x = tfl.input({ shape: [6, 6, 2] });
  const twice = apply(block, apply(layers.reLU(), apply(block, x)));
  return tfl.model({ name: 'nested', inputs: x, outputs: [apply(layers.flatten(), twice), twice] });
}

/** One convolution on two inputs. */
function shared(sizes: [number, number] = [6, 6]): tfl.LayersModel {
  const conv = layers.conv2d({ name: 'both', filters: 2, kernelSize: 3, strides: 2, padding: 'same' });
  const inputs = sizes.map((side) => tfl.input({ shape: [side, side, 2] }));
  const [a, b] = inputs.map((x) => apply(layers.globalMaxPooling2d({}), apply(conv, x))) as [Tensor, Tensor];
  return tfl.model({ inputs, outputs: apply(layers.concatenate(), a, b) });
}

/** Weights and running statistics away from their starts, variances above 0. */
function shake(model: tfl.LayersModel): void {
  for (const [i, { variable }] of describeWeights(model).entries())
    tf.tidy(() => {
      const noise = tf.randomUniform(variable.shape as number[], -0.3, 0.3, 'float32', i + 1);
      const moved = tf.add(noise, tf.mul(variable.read(), 0.9));
      variable.write(/variance|seen/.test(variable.originalName) ? tf.abs(moved) : moved);
    });
}

const images = (model: tfl.LayersModel) =>
  model.inputs.map(({ shape }, i) =>
    tf.randomNormal([2, ...(shape.slice(1) as number[])], 0, 1, 'float32', i + 7),
  );

/** The largest difference of any output, of the largest value. */
async function difference(a: tfl.LayersModel, b: tfl.LayersModel, training = false): Promise<number> {
  const errors = tf.tidy(() => {
    const [ya, yb] = [a, b].map((model) => [model.apply(images(model), { training })].flat() as tf.Tensor[]);
    return tf.stack(ya!.map((y, i) => tf.div(tf.max(tf.abs(tf.sub(y, yb![i]!))), tf.max(tf.abs(y)))));
  });
  const values = await errors.data();
  errors.dispose();
  return Math.max(...values);
}

const classes = (model: tfl.LayersModel) => model.layers.map((layer) => layer.getClassName());
const similar = (model: tfl.LayersModel) =>
  model.layers.filter((layer) => layer.getClassName() === 'NeuralSimilarityConv2D').map(({ name }) => name);

const networks = [
  ['a network with depthwise and 1×1 convolutions', mobile],
  ['a sequential', sequential],
  ['a model used twice inside another', nested],
  ['a shared convolution', shared],
] as const;

describe.each(networks)('%s', (_, build) => {
  beforeAll(() => start('cpu'));

  test.each(forms)('with %s begins where it ended, leaves nothing, saves and loads', async (_, spec) => {
    const model = build();
    shake(model);
    const before = tf.memory().numTensors;
    const kept = await Promise.all(model.getWeights().map((weight) => weight.data()));
    const converted = convertToNsl(model, spec());
    expect(tf.memory().numTensors - before).toBe(describeWeights(converted).length);
    expect(converted.inputs.map(({ shape }) => shape)).toEqual(model.inputs.map(({ shape }) => shape));
    expect(await difference(model, converted)).toBeLessThan(1e-5);
    expect(await difference(model, converted, true)).toBeLessThan(1e-5);
    shake(converted);
    expect(await difference(model, converted)).toBeGreaterThan(1e-3);
    const copies = await Promise.all(model.getWeights().map((weight) => weight.data()));
    // Training moved the running statistics of both models, by their own batches.
    for (const [i, weight] of model.weights.entries())
      if (!/moving/.test(weight.originalName)) expect(copies[i]).toEqual(kept[i]);

    const [saved] = await artifacts(converted);
    const loaded = await loadModel(registry, tf.io.fromMemory(saved!));
    expect(await difference(converted, loaded)).toBe(0);
    expect(countParameters(loaded)).toBe(countParameters(converted));
    for (const each of [model, converted, loaded]) disposeModel(each);
  });
});

async function artifacts(model: tfl.LayersModel): Promise<tf.io.ModelArtifacts[]> {
  const saved: tf.io.ModelArtifacts[] = [];
  await model.save(
    tf.io.withSaveHandler(async (each) => {
      saved.push(each);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return saved;
}

onEachEngine('convertToNsl', () => {
  test.each(['static-uns', 'dynamic-dns'] as const)('%s begins where the model ended', async (name) => {
    const model = sequential();
    const [, spec] = forms.find(([form]) => form === name)!;
    const converted = convertToNsl(model, spec());
    expect(await difference(model, converted)).toBeLessThan(1e-5);
    disposeModel(model);
    disposeModel(converted);
  });
});

describe('convertToNsl', () => {
  beforeAll(() => start('cpu'));

  test('converts windows of more than one tap, and keeps all else', () => {
    const model = mobile();
    const converted = convertToNsl(model, { similarity: staticUns });
    expect(similar(converted)).toEqual(['root', 'dilated']);
    expect(classes(converted).filter((name) => name !== 'NeuralSimilarityConv2D')).toEqual(
      model.layers
        .filter(({ name }) => !['root', 'dilated'].includes(name))
        .map((layer) => layer.getClassName()),
    );
    const dilated = converted.getLayer('dilated').getConfig();
    expect(dilated).toMatchObject({
      dilationRate: [2, 1],
      activation: 'tanh',
      padding: 'same',
      useBias: true,
    });
    expect(dilated.kernelRegularizer).toBeTruthy();
    // 81 and 36 values of M.
    expect(countParameters(converted) - countParameters(model)).toBe(81 + 36);
  });

  test('layers chooses, 1×1 convolutions too', () => {
    const model = mobile();
    const chosen = convertToNsl(model, { similarity: staticUns, layers: ({ name }) => name === 'narrow' });
    expect(similar(chosen)).toEqual(['narrow']);
    expect(countParameters(chosen) - countParameters(model)).toBe(1);
    expect(similar(convertToNsl(model, { similarity: staticUns, layers: () => true }))).toHaveLength(3);
  });

  test('training lowers the loss and moves M', async () => {
    for (const [, spec] of [forms[1], forms[2]]) {
      const model = mobile();
      const converted = convertToNsl(model, spec());
      converted.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
      const x = images(converted)[0]!;
      const y = tf.randomNormal([2, 3], 0, 1, 'float32', 3);
      const { history } = await converted.fit(x, y, { epochs: 10, verbose: 0 });
      expect(Number(history.loss!.at(-1))).toBeLessThan(0.8 * Number(history.loss![0]));
      const moved = describeWeights(converted).filter(
        ({ role }) => role === 'similarity' || role === 'predictor',
      );
      expect(moved.length).toBeGreaterThan(0);
      expect(await difference(model, converted)).toBeGreaterThan(1e-3);
    }
  });

  test('a trained static conversion folds into the plain network again', async () => {
    const converted = convertToNsl(nested(), { similarity: staticUns });
    shake(converted);
    const folded = foldModel(converted, { batchNorm: false });
    expect(similar(folded.layers[1] as tfl.LayersModel)).toEqual([]);
    expect(await difference(converted, folded)).toBeLessThan(1e-5);
  });

  test('a frozen layer stays frozen', () => {
    const model = sequential();
    model.layers[0]!.trainable = false;
    const converted = convertToNsl(model, { similarity: staticUns });
    const [first, second] = converted.layers.filter((layer) => similar(converted).includes(layer.name));
    expect(first!.trainableWeights).toHaveLength(0);
    expect(second!.trainableWeights).toHaveLength(2);
  });

  test.each(forms)('a frozen layer stays frozen with %s, its M too', async (_, spec) => {
    const model = sequential();
    model.layers[0]!.trainable = false;
    const converted = convertToNsl(model, spec());
    const [first, second] = similar(converted);
    const trained = describeWeights(converted).filter(({ trainable }) => trainable);
    expect(
      trained.filter(({ name }) => name.startsWith(`${first}/`) || name.startsWith(`${first}_`)),
    ).toEqual([]);
    expect(trained.some(({ name }) => name.startsWith(`${second}/kernel`))).toBe(true);
    if (spec().similarity.source === 'predictor')
      expect(trained.some(({ name }) => name.startsWith(`${second}_predictor`))).toBe(true);
    disposeModel(model);
    disposeModel(converted);
  });

  test('what a frozen layer shares with others is trained by them', () => {
    const conv = { filters: 2, kernelSize: 3 };
    const model = tfl.sequential({
      layers: [layers.conv2d({ ...conv, inputShape: [7, 6, 3], trainable: false }), layers.conv2d(conv)],
    });
    const both: Predictor = registry.make('predictor', 'shared', { hidden: 4, width: 4, seed: 1 });
    const converted = convertToNsl(model, { similarity: dynamicDns, predictor: both });
    const trained = describeWeights(converted).filter(({ trainable }) => trainable);
    expect(trained.some(({ name }) => /shared_m1\/kernel/.test(name))).toBe(true);
    const [first] = similar(converted);
    const own = trained.filter(({ name }) => name.startsWith(first!) && !/shared/.test(name));
    expect(own).toEqual([]);
    disposeModel(model);
    disposeModel(converted);
  });

  test('a frozen model inside the model stays frozen', () => {
    const model = nested();
    const inside = (of: tfl.LayersModel) =>
      of.layers.find(({ name }) => name === 'block') as unknown as tfl.LayersModel;
    inside(model).trainable = false;
    const converted = convertToNsl(model, { similarity: staticUns });
    expect(inside(converted).trainable).toBe(false);
    expect(describeWeights(converted).filter(({ trainable }) => trainable)).toEqual([]);
    expect(converted.trainableWeights).toEqual([]);
    disposeModel(model);
    disposeModel(converted);
  });

  test.each(forms)('channelsFirst with %s', async (_, spec) => {
    const x = tfl.input({ shape: [2, 6, 5] });
    const conv = {
      filters: 3,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      dataFormat: 'channelsFirst',
    } as const;
    const model = tfl.model({ inputs: x, outputs: apply(layers.conv2d(conv), x) });
    const converted = convertToNsl(model, spec());
    expect(converted.outputs[0]!.shape).toEqual([null, 3, 3, 3]);
    expect(await difference(model, converted)).toBeLessThan(1e-5);
    const loaded = await loadModel(registry, tf.io.fromMemory((await artifacts(converted))[0]!));
    expect(await difference(converted, loaded)).toBe(0);
  });

  test('a map of open size: static works, dynamic says what it wants', async () => {
    const x = tfl.input({ shape: [null, null, 2] });
    const model = tfl.model({ inputs: x, outputs: apply(layers.conv2d({ filters: 2, kernelSize: 3 }), x) });
    const converted = convertToNsl(model, { similarity: staticUns });
    const image = tf.randomNormal([1, 5, 7, 2]);
    expect((converted.predict(image) as tf.Tensor).shape).toEqual([1, 3, 5, 2]);
    expect(() => convertToNsl(model, { similarity: dynamicDns, predictor: predictor() })).toThrow(
      expect.objectContaining({ code: 'LAYER_INPUT' }),
    );
  });

  test('a shape comes along, and what is NeuSim already is copied', async () => {
    const model = sequential();
    const shape: Shape = registry.make('shape', 'learned-binary');
    const once = convertToNsl(model, {
      similarity: staticUns,
      shape,
      layers: (layer) => layer === model.layers[0],
    });
    shake(once);
    const twice = convertToNsl(once, { similarity: dynamicDns, predictor: predictor() });
    const [first, second] = twice.layers.filter(({ name }) => similar(twice).includes(name));
    expect((first as NeuralSimilarityConv2D).shape.name).toBe('learned-binary');
    expect((second as NeuralSimilarityConv2D).similarity.name).toBe('dynamic-dns');
    expect(await difference(once, twice)).toBeLessThan(1e-5);
  });

  test.each([
    ['deformable', { version: 1 }],
    ['deformable', { modulation: 'twice-sigmoid' }],
    ['active', { start: 'square', noise: 0 }],
    ['learned-dilation', {}],
    ['learned-binary', { estimator: 'hard-concrete' }],
  ] as const)('%s %j begins where the model ended', async (name, options) => {
    await registry.ready();
    const model = sequential();
    const shape: Shape = (registry as AnyRegistry).make('shape', name, options) as Shape;
    const converted = convertToNsl(model, { similarity: staticUns, shape });
    expect(await difference(model, converted)).toBeLessThan(1e-5);
    disposeModel(model);
    disposeModel(converted);
  });

  test.each([
    ['deformable', {}],
    ['active', {}],
    ['active', { start: 'square' }],
    ['active', { start: 'square', noise: 0, radius: 2 }],
    ['learned-dilation', { rate: [1, 1.5] }],
  ] as const)('%s %j begins elsewhere, and is refused', async (name, options) => {
    await registry.ready();
    const model = sequential();
    const shape: Shape = (registry as AnyRegistry).make('shape', name, options) as Shape;
    expect(() => convertToNsl(model, { similarity: staticUns, shape })).toThrow(
      expect.objectContaining({ code: 'CONVERT_START', data: expect.objectContaining({ part: name }) }),
    );
    disposeModel(model);
  });

  test('one shared predictor serves all layers of a model', async () => {
    const conv = { filters: 2, kernelSize: 3 };
    const model = tfl.sequential({
      layers: [layers.conv2d({ ...conv, inputShape: [7, 6, 3] }), layers.conv2d({ ...conv, strides: 2 })],
    });
    const both: Predictor = registry.make('predictor', 'shared', { hidden: 4, width: 4, seed: 1 });
    const converted = convertToNsl(model, { similarity: dynamicDns, predictor: both });
    expect(await difference(model, converted)).toBeLessThan(1e-5);
    expect(describeWeights(converted).filter(({ name }) => /shared_m1\/kernel/.test(name))).toHaveLength(1);
    const loaded = await loadModel(registry, tf.io.fromMemory((await artifacts(converted))[0]!));
    expect(countParameters(loaded)).toBe(countParameters(converted));
  });
});

describe('what is refused', () => {
  beforeAll(() => start('cpu'));
  const coded = (code: string, data = {}) =>
    expect.objectContaining({ code, data: expect.objectContaining(data) });

  test('and leaves no tensor', () => {
    const [model, twoSizes] = [mobile(), shared([6, 8])];
    const dense = tfl.sequential({ layers: [layers.dense({ inputShape: [3], units: 2 })] });
    const inner = tfl.input({ shape: [6, 6, 2] });
    const block = tfl.model({
      name: 'inside',
      inputs: inner,
      outputs: apply(layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same' }), inner),
    });
    const x = tfl.input({ shape: [6, 6, 2] });
    const outer = tfl.model({
      name: 'outside',
      inputs: x,
      outputs: apply(layers.conv2d({ filters: 2, kernelSize: 3 }), apply(block, x)),
    });
    const both: Predictor = registry.make('predictor', 'shared', { hidden: 4, width: 4, seed: 1 });
    const responding = { ...staticUns, name: 'cosine', respond: () => tf.zeros([1, 1, 1, 1]) as tf.Tensor4D };
    const stock = mobile();
    const before = tf.memory().numTensors;
    const refused: [tfl.LayersModel, Parameters<typeof convertToNsl>[1], string, object?][] = [
      [dense, { similarity: staticUns }, 'CONVERT_NOTHING', { layers: ['Dense'] }],
      [
        model,
        { similarity: staticUns, layers: () => false },
        'CONVERT_NOTHING',
        { left: ['root', 'narrow', 'dilated'] },
      ],
      [{ executor: {} } as never, { similarity: staticUns }, 'CONVERT_NOTHING', { given: 'Object' }],
      [model, {} as never, 'LAYER_OPTIONS', { kind: 'similarity' }],
      [model, { similarity: 'static-uns' as never }, 'LAYER_OPTIONS', { given: 'static-uns' }],
      [model, { similarity: staticUns, layers: ['root'] as never }, 'LAYER_OPTIONS', { option: 'layers' }],
      [model, { similarity: dynamicDns }, 'LAYER_OPTIONS', { similarity: 'dynamic-dns' }],
      [model, { similarity: staticUns, predictor: predictor() }, 'LAYER_OPTIONS', { predictor: 'sphere' }],
      [model, { similarity: responding }, 'CONVERT_START', { part: 'cosine' }],
      [twoSizes, { similarity: dynamicDns, predictor: predictor() }, 'CONVERT_SHARED', { layer: 'both' }],
      [
        outer,
        { similarity: dynamicDns, predictor: both },
        'CONVERT_SHARED',
        { models: ['inside', 'outside'] },
      ],
      [
        stock,
        { similarity: staticUns, shape: registry.make('shape', 'dilated') },
        'CONVERT_START',
        { part: 'dilated' },
      ],
    ];
    for (const [given, spec, code, data] of refused)
      expect(() => convertToNsl(given, spec), code).toThrow(coded(code, data));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a norm of NeuSim is copied as such', async () => {
    const x = tfl.input({ shape: [4, 4, 2] });
    const y = apply(new BatchNorm(), apply(layers.conv2d({ filters: 2, kernelSize: 3 }), x));
    const model = tfl.model({ inputs: x, outputs: y });
    shake(model);
    const converted = convertToNsl(model, { similarity: staticUns });
    expect(classes(converted)).toEqual(['InputLayer', 'NeuralSimilarityConv2D', 'NeusimBatchNorm']);
    expect(await difference(model, converted)).toBeLessThan(1e-5);
  });
});
