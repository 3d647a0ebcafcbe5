import { createRegistry, define, plugin } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../tools/engines';
import core, {
  BatchNorm,
  countParameters,
  describeWeights,
  dynamicDns,
  foldModel,
  innerProduct,
  loadModel,
  multiplyAdds,
  neuralSimilarity,
  type Predictor,
  type Similarity,
  staticDns,
  staticUns,
  summarize,
} from './index';
import { apply, conv, sameOutputs, savedArtifacts, shake } from './test/models';

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
    const saved = await savedArtifacts(model);
    return { model, handler: tf.io.fromMemory(saved) as tf.io.IOHandler };
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

  test('a part that a registry made is saved with its plug-in, which a registry without it is told', async () => {
    const ours = { ...staticUns({ init: 'identity', l2: 0 }), name: 'theirs', version: undefined };
    const definition = define({
      kind: 'similarity',
      name: 'theirs',
      version: '1.2.0',
      summary: 'of someone else',
      options: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
      load: () => () => ({ ...ours }) as Similarity,
    });
    const plugins = (version: string) =>
      createRegistry(core, plugin('@them/plugin', '3.1.0', [{ ...definition, version }]));
    const registry = plugins('1.2.0');
    const x = tfl.input({ shape: [5, 5, 1] });
    const layer = conv(registry.make('similarity', 'theirs'), { name: 'block' });
    const saved = await savedArtifacts(tfl.model({ inputs: x, outputs: apply(layer, x) }));
    const handler = { load: async () => saved };
    const told = { plugin: '@them/plugin@3.1.0' };
    for (const [code, other] of [
      ['REGISTRY_UNKNOWN_NAME', createRegistry(core)],
      ['REGISTRY_VERSION', plugins('2.0.0')],
    ] as const)
      await expect(loadModel(other, handler)).rejects.toMatchObject({
        code,
        data: told,
        hint: 'npm install @them/plugin@3.1.0, and give the registry the plug-in @them/plugin',
      });
    expect((await loadModel(registry, handler)).layers).toHaveLength(2);
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
    const saved = await savedArtifacts(model);
    const loaded = await loadModel(createRegistry(core), { load: async () => saved });
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

  test("weights of tfjs's own layers in a predictor are the predictor's", () => {
    const z = tfl.layers.dense({ name: 'block_predictor_z', units: 6 });
    const predictor: Predictor = {
      name: 'mean',
      options: {},
      apply: (x, channels) =>
        [
          tfl.layers.globalAveragePooling2d({}),
          z,
          tfl.layers.reshape({ targetShape: [1, 1, channels] }),
        ].reduce((y, layer) => apply(layer, y), x),
    };
    const spec = { name: 'block', filters: 2, kernelSize: [3, 2], useBias: false, similarity: dynamicDns() };
    const x = tfl.input({ shape: [5, 5, 1] });
    const features = neuralSimilarity(x, { ...spec, predictor });
    const head = tfl.layers.dense({ name: 'block_head', units: 2 });
    const model = tfl.model({ inputs: x, outputs: apply(head, features) });
    const roles = Object.fromEntries(describeWeights(model).map(({ name, role }) => [name, role]));
    expect(roles).toEqual({
      'block_predictor_z/kernel': 'predictor',
      'block_predictor_z/bias': 'bias',
      'block/kernel': 'filter',
      'block_head/kernel': 'filter',
      'block_head/bias': 'bias',
    });
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
