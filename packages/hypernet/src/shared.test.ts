import core, {
  type BatchNorm,
  countParameters,
  dynamicDns,
  dynamicUns,
  loadModel,
  neuralSimilarity,
  type Predictor,
  type Similarity,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { randomNormal, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../tools/engines';
import hypernet from './index';

const registry = createRegistry(core, hypernet);

describe('sharing', () => {
  beforeAll(() => start('wasm'));

  /** Two layers of 3 and 5 channels, with one predictor. */
  const twoLayers = (predictor: Predictor) => {
    const input = tfl.input({ shape: [6, 6, 3] });
    let x = input;
    for (const [name, filters] of [
      ['a', 5],
      ['b', 4],
    ] as const)
      x = neuralSimilarity(x, { name, filters, kernelSize: 3, similarity: dynamicDns(), predictor });
    return tfl.model({ inputs: input, outputs: x });
  };
  const names = (model: tfl.LayersModel) => model.layers.map(({ name }) => name);

  test('m1 and m2 are one, adaptation and norms are their own; also after loading', async () => {
    const model = twoLayers(registry.make('predictor', 'shared', { start: 'authors' }));
    const loaded = await saveAndLoad(model);
    expect(names(loaded)).toEqual(names(model));
    for (const each of [model, loaded]) {
      const layers = names(each);
      expect(layers.filter((name) => name.startsWith('a_shared'))).toEqual(['a_shared_m1', 'a_shared_m2']);
      expect(layers).toEqual(
        expect.arrayContaining([
          'a_predictor_adapt',
          'b_predictor_adapt',
          'a_predictor_bn2',
          'b_predictor_bn2',
        ]),
      );
      expect(each.getLayer('a_shared_m1').inboundNodes.length).toBe(2);
      expect(countParameters(each)).toBe(42_048 + (3 + 5) * 64 + 2 * 146 + 9 * (3 * 5 + 5 * 4) + 9);
    }
    const x = toTensor(randomNormal([2, 6, 6, 3], 1));
    const change = (each: tfl.LayersModel) => {
      const [kernel] = each.getLayer('a_shared_m2').weights;
      kernel!.write(tf.mul(kernel!.read(), 500));
      return each.predict(x) as tf.Tensor;
    };
    const before = model.predict(x) as tf.Tensor;
    const [after, loadedAfter] = [change(model), change(loaded)];
    expect(loadedAfter.dataSync()).toEqual(after.dataSync());
    expect(after.dataSync()).not.toEqual(before.dataSync());
  });

  test('a shared norm is one layer too', () => {
    const model = twoLayers(registry.make('predictor', 'shared', { sharedNorm: true }));
    const norm = model.getLayer('a_shared_bn2') as BatchNorm;
    expect(norm.inboundNodes.length).toBe(2);
    expect(names(model)).not.toContain('b_predictor_bn1');
  });

  test('the others give each layer its own', () => {
    const model = twoLayers(registry.make('predictor', 'sphere'));
    expect(names(model)).toEqual(
      expect.arrayContaining(['a_predictor_m1', 'b_predictor_m1', 'a_predictor_grid', 'b_predictor_grid']),
    );
    expect(model.layers.every(({ inboundNodes }) => inboundNodes.length === 1)).toBe(true);
  });

  test('refuses a layer that wants another number of values', () => {
    const predictor = registry.make('predictor', 'shared');
    const layer = (similarity: Similarity) =>
      neuralSimilarity(tfl.input({ shape: [4, 4, 2] }), {
        name: 'a',
        filters: 2,
        kernelSize: 3,
        similarity,
        predictor,
      });
    layer(dynamicDns());
    expect(() => layer(dynamicUns())).toThrow(expect.objectContaining({ code: 'PREDICTOR_SHARED' }));
  });
});

async function saveAndLoad(model: tfl.LayersModel): Promise<tfl.LayersModel> {
  let artifacts: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = { ...given, modelTopology: JSON.parse(JSON.stringify(given.modelTopology)) };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return loadModel(registry, tf.io.fromMemory(artifacts));
}
