import { describeWeights } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import fewshot from '../index';
import { parts, tinyBackbone } from '../test/tiny';
import { parseFewShotConfig } from '../training/config';
import type { FewShotMethod } from '../types';
import { makeBackbone } from './make-backbone';

const registry = createRegistry(...parts, fewshot);
beforeAll(async () => {
  await start('cpu');
  await registry.ready();
});

const saved = new Map<string, tf.io.ModelArtifacts>();
const files = { modelFile: (path: string) => tf.io.fromMemory(saved.get(path)!) };
const make = (backbone: unknown, shape = [12, 12, 1]) => {
  const given = { dataset: 'digits', method: 'proto-net', steps: 1, backbone };
  return makeBackbone(parseFewShotConfig(given).backbone, { registry, shape, seed: 1, files } as never);
};

/** Keeps a network under a name, and frees it. */
async function save(file: string, network: tfl.LayersModel): Promise<void> {
  await network.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved.set(file, { ...artifacts, modelTopology: JSON.parse(JSON.stringify(artifacts.modelTopology)) });
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  disposeModel(network);
}

const output = ({ outputs }: tfl.LayersModel) => outputs[0]!.shape.slice(1);

/** Any classifier that tfjs alone made. */
function classifier(...end: tfl.layers.Layer[]): tfl.LayersModel {
  const network = tfl.sequential();
  for (const layer of [
    tfl.layers.conv2d({ inputShape: [12, 12, 1], filters: 3, kernelSize: 3, strides: 3 }),
    tfl.layers.batchNormalization({ name: 'norm' }),
    tfl.layers.flatten(),
    tfl.layers.dense({ name: 'hidden', units: 7, activation: 'relu' }),
    tfl.layers.dropout({ rate: 0.5 }),
    ...end,
  ])
    network.add(layer);
  return network;
}

describe('by name', () => {
  test.each([
    ['without a head', { name: 'cnn-4', widths: [4, 4] }, [36]],
    [
      'one that has no embedding, up to the map that its score takes',
      { name: 'cnn-digits', width: 2 },
      [1, 1, 4],
    ],
  ])('%s', async (_, spec, shape) => {
    const before = tf.memory().numTensors;
    const backbone = await make(spec);
    expect(output(backbone)).toEqual(shape);
    disposeModel(backbone);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a saved model', () => {
  test('its embedding, what a softmax is made of, or the layer that is named', async () => {
    await save('ours', tinyBackbone({ head: 'linear', classes: 5 }));
    await save('softmax', classifier(tfl.layers.dense({ units: 5, activation: 'softmax' })));
    await save('apart', classifier(tfl.layers.dense({ units: 5 }), tfl.layers.softmax()));
    await save('embedding', classifier(tfl.layers.dense({ name: 'projection', units: 4 })));
    const before = tf.memory().numTensors;
    for (const [spec, shape] of [
      [{ file: 'ours' }, [36]],
      [{ file: 'softmax' }, [7]],
      [{ file: 'apart' }, [7]],
      // No classifier, as far as can be seen: its end is the embedding.
      [{ file: 'embedding' }, [4]],
      [{ file: 'embedding', layer: 'hidden' }, [7]],
      [{ file: 'softmax', layer: 'norm' }, [4, 4, 3]],
    ] as const) {
      const backbone = await make(spec);
      expect(output(backbone), JSON.stringify(spec)).toEqual(shape);
      disposeModel(backbone);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test('frozen: nothing of it is trained, no statistic moves, and it is saved and loaded as that', async () => {
    await save('softmax', classifier(tfl.layers.dense({ units: 5, activation: 'softmax' })));
    const [free, frozen] = [await make({ file: 'softmax' }), await make({ file: 'softmax', frozen: true })];
    expect(free.trainableWeights).not.toEqual([]);
    expect(frozen.trainableWeights).toEqual([]);
    const x = tf.randomUniform([4, 12, 12, 1], 0, 1, 'float32', 1);
    const of = (model: tfl.LayersModel, training = false) => [
      ...(model.apply(x, { training }) as tf.Tensor).dataSync(),
    ];
    expect(relativeError(of(frozen), of(free))).toBeLessThan(1e-5);
    expect(relativeError(of(free, true), of(free))).toBeGreaterThan(0.1);
    const wanted = of(frozen);
    expect(of(frozen, true)).toEqual(wanted);
    expect(of(frozen)).toEqual(wanted);
    const tadam = registry.make('method', 'tadam') as FewShotMethod;
    expect(() => tadam.build({ backbone: frozen, classes: 8, way: 3, seed: 1 })).toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BACKBONE' }),
    );
    await save('frozen', frozen);
    const again = await make({ file: 'frozen' });
    expect(of(again, true)).toEqual(wanted);
    expect(again.trainableWeights).toEqual([]);
    for (const model of [free, again]) disposeModel(model);
  });

  test.each([{ frozen: true }, { as: 'mobilenet', layer: 'first' }])(
    'what cannot be frozen is refused, with nothing left: %j',
    async (how) => {
      const x = tfl.input({ shape: [12, 12, 1] });
      const normed = tfl.layers.batchNormalization({ name: 'first', axis: 1 }).apply(x);
      const y = tfl.layers.flatten({ name: 'embedding' }).apply(normed) as tfl.SymbolicTensor;
      const score = tfl.layers.dense({ units: 2, name: 'logits' }).apply(y) as tfl.SymbolicTensor;
      await save('first', tfl.model({ inputs: x, outputs: score }));
      const before = tf.memory().numTensors;
      await expect(make({ file: 'first', ...how })).rejects.toMatchObject({
        code: 'FEWSHOT_BACKBONE',
        data: { axis: 1, rank: 4 },
      });
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  test('as a MobileNet, of images of another size', async () => {
    const x = tfl.input({ shape: [16, 16, 3] });
    const map = tfl.layers.conv2d({ name: 'conv_pw_13_relu', filters: 2, kernelSize: 3 }).apply(x);
    await save('mobilenet', tfl.model({ inputs: x, outputs: map as tfl.SymbolicTensor }));
    const backbone = await make({ file: 'mobilenet', as: 'mobilenet' });
    expect([backbone.inputs[0]!.shape, output(backbone)]).toEqual([[null, 12, 12, 1], [2]]);
    expect(backbone.trainableWeights).toEqual([]);
    disposeModel(backbone);
    await expect(make({ file: 'mobilenet' })).rejects.toMatchObject({ code: 'FEWSHOT_BACKBONE' });
    expect(() =>
      parseFewShotConfig({
        dataset: 'digits',
        method: 'tadam',
        steps: 1,
        backbone: { file: 'x', as: 'resnet' },
      }),
    ).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

test('a network inside the network, and two uses of a layer, are frozen too', async () => {
  const inner = tfl.sequential({ name: 'inner' });
  inner.add(tfl.layers.dense({ inputShape: [12, 12], units: 12, name: 'inner_dense' }));
  inner.add(tfl.layers.batchNormalization({ name: 'inner_norm' }));
  const x = tfl.input({ shape: [12, 12, 1] });
  const flat = tfl.layers.reshape({ targetShape: [12, 12] }).apply(x) as tfl.SymbolicTensor;
  const once = inner.apply(flat) as tfl.SymbolicTensor;
  const twice = inner.apply(once) as tfl.SymbolicTensor;
  const y = tfl.layers.flatten().apply(twice) as tfl.SymbolicTensor;
  await save('nested', tfl.model({ inputs: x, outputs: y }));
  const [free, frozen] = [await make({ file: 'nested' }), await make({ file: 'nested', frozen: true })];
  const images = tf.randomUniform([2, 12, 12, 1], 0, 1, 'float32', 1);
  const wanted = [...(free.predict(images) as tf.Tensor).dataSync()];
  const met = [...(frozen.apply(images, { training: true }) as tf.Tensor).dataSync()];
  for (const [i, value] of met.entries()) expect(value).toBeCloseTo(wanted[i]!, 4);
  expect(describeWeights(frozen).map(({ name }) => name)).toEqual([
    'inner_dense/kernel',
    'inner_dense/bias',
    'inner_norm/scale',
    'inner_norm/shift',
  ]);
  for (const model of [free, frozen]) disposeModel(model);
});
