import { createRegistry, plugin } from '@neusim/registry';
import { randomUniform, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import core, {
  BatchNorm,
  countParameters,
  describeWeights,
  dilated,
  dynamicDns,
  foldModel,
  foldSimilarity,
  innerProduct,
  loadModel,
  multiplyAdds,
  NeuralSimilarityConv2D,
  type NeuralSimilarityConv2DArgs,
  type Similarity,
  staticDns,
  staticUns,
  summarize,
} from '../index';
import { start } from '../test/backends';

const statics: readonly Similarity[] = [
  innerProduct,
  staticDns({ init: 'identity', l2: 0 }),
  staticUns({ init: 'identity', l2: 0 }),
];

const conv = (similarity: Similarity, more: Partial<NeuralSimilarityConv2DArgs> = {}) =>
  new NeuralSimilarityConv2D({
    filters: 4,
    kernelSize: [3, 2],
    padding: 'same',
    useBias: false,
    similarity,
    ...more,
  } as NeuralSimilarityConv2DArgs);

const apply = (layer: tfl.layers.Layer, ...xs: tfl.SymbolicTensor[]) =>
  layer.apply(xs.length === 1 ? (xs[0] as tfl.SymbolicTensor) : xs) as tfl.SymbolicTensor;

/** Weights and running statistics away from their starts. */
function shake(model: tfl.LayersModel): void {
  for (const [i, { variable }] of describeWeights(model).entries()) {
    const noise = toTensor(randomUniform(variable.shape as number[], i + 1));
    variable.write(tf.abs(tf.add(tf.mul(noise, 0.3), variable.read())));
  }
}

const image = () => toTensor(randomUniform([3, 8, 7, 2], 5));

function sameOutputs(a: tfl.LayersModel, b: tfl.LayersModel): number {
  const [ya, yb] = [a.predict(image()) as tf.Tensor, b.predict(image()) as tf.Tensor];
  return tf.div(tf.max(tf.abs(tf.sub(ya, yb))), tf.max(tf.abs(ya))).dataSync()[0] as number;
}

const classes = (model: tfl.LayersModel) => model.layers.map((layer) => layer.getClassName());

describe('foldModel', () => {
  beforeAll(() => start('cpu'));

  test.each(statics)('$name with batch norm becomes one Conv2D that plain tfjs runs', async (similarity) => {
    const x = tfl.input({ shape: [8, 7, 2] });
    const hidden = apply(tfl.layers.reLU(), apply(new BatchNorm(), apply(conv(similarity), x)));
    const y = apply(conv(similarity, { strides: 2, useBias: true, activation: 'tanh' }), hidden);
    const model = tfl.model({ inputs: x, outputs: y });
    shake(model);
    const before = tf.memory().numTensors;
    const folded = foldModel(model);
    expect(tf.memory().numTensors - before).toBe(folded.weights.length);
    expect(classes(folded)).toEqual(['InputLayer', 'Conv2D', 'ReLU', 'Conv2D']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
    let saved: tf.io.ModelArtifacts | undefined;
    await folded.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
    expect(sameOutputs(folded, loaded)).toBe(0);
  });

  test('batchNorm: false keeps it, as a layer of tfjs', () => {
    const x = tfl.input({ shape: [8, 7, 2] });
    const model = tfl.model({
      inputs: x,
      outputs: apply(new BatchNorm({ epsilon: 0.01 }), apply(conv(innerProduct), x)),
    });
    shake(model);
    const folded = foldModel(model, { batchNorm: false });
    expect(classes(folded)).toEqual(['InputLayer', 'Conv2D', 'BatchNormalization']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test("tfjs's own batch norm folds too, with and without scale and center", () => {
    for (const args of [{}, { scale: false }, { center: false, epsilon: 0.1 }]) {
      const x = tfl.input({ shape: [8, 7, 2] });
      const norm = tfl.layers.batchNormalization(args);
      const model = tfl.model({
        inputs: x,
        outputs: apply(norm, apply(conv(innerProduct, { useBias: true }), x)),
      });
      shake(model);
      const folded = foldModel(model);
      expect(classes(folded)).toEqual(['InputLayer', 'Conv2D']);
      expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
    }
  });

  test.each([
    [
      'an activation in the layer',
      (x: tfl.SymbolicTensor) => apply(new BatchNorm(), apply(conv(innerProduct, { activation: 'relu' }), x)),
    ],
    [
      'a convolution used under two norms',
      (x: tfl.SymbolicTensor) => {
        const shared = conv(innerProduct);
        return apply(
          tfl.layers.add(),
          apply(new BatchNorm(), apply(shared, x)),
          apply(new BatchNorm(), apply(shared, x)),
        );
      },
    ],
    [
      'a convolution read elsewhere too',
      (x: tfl.SymbolicTensor) => {
        const y = apply(conv(innerProduct), x);
        return apply(tfl.layers.add(), apply(new BatchNorm(), y), y);
      },
    ],
  ])('batch norm stays behind %s', (_, build) => {
    const x = tfl.input({ shape: [8, 7, 2] });
    const model = tfl.model({ inputs: x, outputs: build(x) });
    shake(model);
    const folded = foldModel(model);
    expect(classes(folded)).toContain('BatchNormalization');
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test('strides and dilations above 1 stay a NeuSim layer with m = null', () => {
    const x = tfl.input({ shape: [8, 7, 2] });
    const layer = conv(staticUns({ init: 'identity', l2: 0 }), { strides: 2, shape: dilated({ rate: 2 }) });
    const model = tfl.model({ inputs: x, outputs: apply(layer, x) });
    shake(model);
    const folded = foldModel(model);
    const kept = folded.layers[1] as NeuralSimilarityConv2D;
    expect([kept.getClassName(), kept.similarity.name]).toEqual(['NeuralSimilarityConv2D', 'inner-product']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test('a dynamic similarity is refused, or kept with batch norm in its kernel', () => {
    const x = tfl.input({ shape: [8, 7, 2] });
    const z = apply(tfl.layers.conv2d({ filters: 6, kernelSize: 3, padding: 'same' }), x);
    const model = tfl.model({ inputs: x, outputs: apply(new BatchNorm(), apply(conv(dynamicDns()), x, z)) });
    shake(model);
    const before = tf.memory().numTensors;
    expect(() => foldModel(model)).toThrow(expect.objectContaining({ code: 'FOLD_DYNAMIC' }));
    expect(tf.memory().numTensors).toBe(before);
    const folded = foldModel(model, { dynamic: 'keep' });
    expect(classes(folded)).toEqual(['InputLayer', 'Conv2D', 'NeuralSimilarityConv2D']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test('a model inside the model is folded too', () => {
    const inner = tfl.input({ shape: [8, 7, 2] });
    const block = tfl.model({
      inputs: inner,
      outputs: apply(new BatchNorm(), apply(conv(innerProduct), inner)),
    });
    const x = tfl.input({ shape: [8, 7, 2] });
    const model = tfl.model({ inputs: x, outputs: apply(tfl.layers.reLU(), apply(block, x)) });
    shake(model);
    const folded = foldModel(model);
    expect(classes(folded.layers[1] as tfl.LayersModel)).toEqual(['InputLayer', 'Conv2D']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test('foldSimilarity scales taps by [K] and multiplies by Mᵀ for [K,K]', () => {
    const w = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
    expect([...foldSimilarity(w, tf.tensor1d([1, 0, 2, -1])).dataSync()]).toEqual([1, 0, 6, -4]);
    const m = tf.tensor2d([
      [0, 1, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 1, 0],
      [5, 0, 0, 0],
    ]);
    expect([...foldSimilarity(w, m).dataSync()]).toEqual([20, 1, 3, 0]);
    expect(() => foldSimilarity(w, tf.zeros([1, 1, 1, 4]))).toThrow(
      expect.objectContaining({ code: 'FOLD_DYNAMIC' }),
    );
    expect(() => foldSimilarity(w, tf.zeros([3]))).toThrow(
      expect.objectContaining({ code: 'SIMILARITY_SHAPE' }),
    );
  });
});

describe('loadModel, weights and costs', () => {
  beforeAll(() => start('cpu'));

  async function savedModel() {
    const x = tfl.input({ shape: [8, 8, 3] });
    const y = apply(
      new BatchNorm(),
      apply(conv(staticUns({ init: 'identity', l2: 5e-3 }), { name: 'block', strides: 2 }), x),
    );
    const model = tfl.model({
      inputs: x,
      outputs: apply(tfl.layers.dense({ units: 5, name: 'head' }), apply(tfl.layers.flatten(), y)),
    });
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    return { model, handler: tf.io.fromMemory(saved as tf.io.ModelArtifacts) as tf.io.IOHandler };
  }

  test('plain tfjs answers with a hint', async () => {
    const { handler } = await savedModel();
    await expect(tfl.loadLayersModel(handler)).rejects.toThrow(
      expect.objectContaining({ code: 'MODEL_NEEDS_REGISTRY' }),
    );
  });

  test('a registry without the part names it', async () => {
    const { handler } = await savedModel();
    await expect(loadModel(createRegistry(), handler)).rejects.toThrow(
      expect.objectContaining({ code: 'REGISTRY_UNKNOWN_NAME' }),
    );
  });

  test.each([
    [
      'a weight of another shape',
      (a: tf.io.ModelArtifacts) => ({
        ...a,
        weightSpecs: a.weightSpecs?.map((w, i) => (i ? w : { ...w, shape: [3, 2, 3, 2, 2] })),
      }),
    ],
    [
      'a weight of another name',
      (a: tf.io.ModelArtifacts) => ({
        ...a,
        weightSpecs: a.weightSpecs?.map((w, i) => (i ? w : { ...w, name: 'other' })),
      }),
    ],
    [
      'weights cut short',
      (a: tf.io.ModelArtifacts) => ({ ...a, weightData: (a.weightData as ArrayBuffer).slice(0, 100) }),
    ],
    [
      'a layer nobody knows',
      (a: tf.io.ModelArtifacts) => ({
        ...a,
        modelTopology: JSON.parse(JSON.stringify(a.modelTopology).replace('"Flatten"', '"Flatter"')),
      }),
    ],
    [
      'an input that is not in the model (tfjs would wait for it for ever)',
      (a: tf.io.ModelArtifacts) => ({
        ...a,
        modelTopology: JSON.parse(JSON.stringify(a.modelTopology).replaceAll('[["block",', '[["blocks",')),
      }),
    ],
    [
      'a layer without similarity',
      (a: tf.io.ModelArtifacts) => ({
        ...a,
        modelTopology: JSON.parse(JSON.stringify(a.modelTopology).replace('"similarity":', '"other":')),
      }),
    ],
    [
      'a similarity that is no JSON',
      (a: tf.io.ModelArtifacts) => ({
        ...a,
        modelTopology: JSON.parse(
          JSON.stringify(a.modelTopology).replace('{\\"name\\":\\"static-uns', '{\\"name\\"'),
        ),
      }),
    ],
  ])('%s is MODEL_CORRUPT, and nothing is left', async (_, alter) => {
    const { handler } = await savedModel();
    const altered = alter((await handler.load?.()) as tf.io.ModelArtifacts) as tf.io.ModelArtifacts;
    const before = tf.memory().numTensors;
    await expect(loadModel(createRegistry(core), { load: async () => altered })).rejects.toThrow(
      expect.objectContaining({ code: 'MODEL_CORRUPT' }),
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a model with shared layers and a model inside it loads back', async () => {
    const inner = tfl.input({ shape: [8, 7, 2] });
    const block = tfl.model({ inputs: inner, outputs: apply(conv(innerProduct, { filters: 2 }), inner) });
    const shared = conv(staticDns({ init: 'identity', l2: 0 }));
    const x = tfl.input({ shape: [8, 7, 2] });
    const sum = apply(tfl.layers.add(), apply(shared, apply(block, x)), apply(shared, x));
    const model = tfl.model({ inputs: x, outputs: sum });
    shake(model);
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await loadModel(createRegistry(core), { load: async () => saved as tf.io.ModelArtifacts });
    expect(sameOutputs(model, loaded)).toBe(0);
  });

  test('a part of another major version is refused', async () => {
    const { handler } = await savedModel();
    const newer = core.definitions.map((definition) => ({ ...definition, version: '2.0.0' }));
    const registry = createRegistry(plugin('newer', '2.0.0', newer));
    await expect(loadModel(registry, handler)).rejects.toThrow(
      expect.objectContaining({ code: 'REGISTRY_VERSION' }),
    );
  });

  test('an open map size folds, and its cost is open', () => {
    const x = tfl.input({ shape: [null, null, 2] });
    const model = tfl.model({ inputs: x, outputs: apply(new BatchNorm(), apply(conv(innerProduct), x)) });
    shake(model);
    expect(sameOutputs(model, foldModel(model))).toBeLessThan(1e-5);
    expect(summarize(model).map((row) => row.multiplyAdds)).toEqual([null, null, null]);
    expect(() => multiplyAdds(model)).toThrow(expect.objectContaining({ code: 'LAYER_INPUT' }));
  });

  test('a string that no handler knows, and a graph model, are refused', async () => {
    const registry = createRegistry(core);
    await expect(loadModel(registry, './model.json')).rejects.toThrow(
      expect.objectContaining({ code: 'MODEL_SOURCE' }),
    );
    const graph = { load: async () => ({ format: 'graph-model' }) };
    await expect(loadModel(registry, graph)).rejects.toThrow(
      expect.objectContaining({ code: 'MODEL_CORRUPT' }),
    );
  });

  test('roles, parameters and multiply-adds', async () => {
    const { model, handler } = await savedModel();
    const loaded = await loadModel(createRegistry(core), handler);
    for (const each of [model, loaded]) {
      const weights = describeWeights(each).map(({ name, role, l2 }) => [
        name.replace(/_\d+(?=\/)/, ''),
        role,
        l2,
      ]);
      expect(weights.slice(0, 2)).toEqual([
        ['block/kernel', 'filter', undefined],
        ['block/similarity', 'similarity', 5e-3],
      ]);
      expect(weights.map(([, role]) => role)).toEqual([
        'filter',
        'similarity',
        'norm',
        'norm',
        'norm',
        'norm',
        'norm',
        'filter',
        'bias',
      ]);
      expect(countParameters(each)).toBe(6 * 3 * 4 + 36 + 2 * 4 + 64 * 5 + 5);
      expect(multiplyAdds(each)).toBe(16 * 6 * 3 * 4 + 64 * 5);
      expect(summarize(each).map((row) => row.parameters)).toEqual([0, 108, 8, 0, 325]);
    }
  });
});
