import { describeWeights, loadModel } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import type { io } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as makeModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../tools/engines';
import { joinModels } from './join-models';
import { parts, tinyBackbone } from './test/tiny';

function head(name: string) {
  const x = input({ name: `${name}_input`, shape: [36] });
  return makeModel({ inputs: x, outputs: layers.dense({ name, units: 2 }).apply(x) as SymbolicTensor });
}

describe('joined models', () => {
  beforeAll(() => start('cpu'));

  test('have every weight once, and are saved, loaded and disposed of as one', async () => {
    const before = tf.memory().numTensors;
    const [backbone, a] = [tinyBackbone(), head('a')];
    const joined = joinModels('joined', [backbone, a, backbone]);
    const names = describeWeights(joined).map(({ name }) => name);
    expect(names).toEqual([...describeWeights(backbone), ...describeWeights(a)].map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    expect([joined.inputs.length, joined.outputs.length]).toEqual([2, 2]);

    let saved: io.ModelArtifacts = {};
    const save = async (artifacts: io.ModelArtifacts): Promise<io.SaveResult> => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    };
    await joined.save({ save });
    const loaded = await loadModel(createRegistry(...parts), { load: async () => saved });
    const values = (of: typeof joined) =>
      Promise.all(describeWeights(of).map((w) => w.variable.read().data()));
    expect(await values(loaded)).toEqual(await values(joined));
    disposeModel(loaded);

    const [x, none] = [tf.ones([2, 12, 12, 1]), tf.zeros([1, 36])];
    const [alone, together] = [backbone.apply(x) as tf.Tensor, joined.apply([x, none]) as tf.Tensor[]];
    expect(await together[0]!.data()).toEqual(await alone.data());
    tf.dispose([x, none, alone, together]);
    disposeModel(joined);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuse two layers of one name', () => {
    expect(() => joinModels('joined', [head('a'), head('a')])).toThrow(
      expect.objectContaining({
        code: 'FEWSHOT_LAYER_NAME',
        data: expect.objectContaining({ layer: 'a_input' }),
      }),
    );
  });
});
