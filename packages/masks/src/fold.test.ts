/** Learned places fold into plain convolutions of a larger window, made of tfjs's own layers. */
import core, {
  BatchNorm,
  foldModel,
  foldModelAsync,
  loadModel,
  NeuralSimilarityConv2D,
  type NeuralSimilarityConv2DArgs,
  type Shape,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { randomNormal, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import masks from './index';

const registry = createRegistry(core, masks);
beforeAll(() => registry.ready());

const shapes = {
  active: () => registry.make('shape', 'active', { noise: 0.3, seed: 3 }),
  'active, 2 groups': () => registry.make('shape', 'active', { noise: 0.3, radius: 1.4, groups: 2, seed: 3 }),
  'learned-dilation': () => registry.make('shape', 'learned-dilation', { rate: [1.7, 2.4] }),
} as const;

const classes = (model: tfl.LayersModel) => model.layers.slice(1).map((layer) => layer.getClassName());

/** A model of one layer on [9,8,4], or on maps of open size. */
function built(shape: Shape, args: Partial<NeuralSimilarityConv2DArgs> = {}, size: number[] = [9, 8]) {
  const isFirst = args.dataFormat === 'channelsFirst';
  const x = tfl.input({ shape: (isFirst ? [4, ...size] : [...size, 4]) as tfl.Shape });
  const layer = new NeuralSimilarityConv2D({
    name: 'layer',
    filters: 3,
    kernelSize: 3,
    padding: 'same',
    kernelInitializer: tfl.initializers.heNormal({ seed: 2 }),
    biasInitializer: tfl.initializers.randomNormal({ seed: 4 }),
    shape,
    ...args,
  } as NeuralSimilarityConv2DArgs);
  return tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
}

async function difference(a: tfl.LayersModel, b: tfl.LayersModel, shape: number[]): Promise<number> {
  const images = toTensor(randomNormal(shape, 1));
  const [ya, yb] = [a, b].map((model) => model.predict(images) as tf.Tensor) as [tf.Tensor, tf.Tensor];
  expect(yb.shape).toEqual(ya.shape);
  const largest = tf.div(tf.max(tf.abs(tf.sub(ya, yb))), tf.max(tf.abs(ya)));
  return (await largest.data())[0]!;
}

describe.each(Object.entries(shapes))('%s', (_, shape) => {
  beforeAll(() => start('cpu'));

  test.each<[Partial<NeuralSimilarityConv2DArgs>, string[]]>([
    [{}, ['Conv2D']],
    [{ padding: 'valid' }, ['ZeroPadding2D', 'Conv2D']],
    [{ strides: 2 }, ['Conv2D']],
    [{ strides: [2, 1], padding: 'valid', kernelSize: [2, 3] }, ['ZeroPadding2D', 'Conv2D']],
    [{ kernelSize: [2, 4] }, ['Conv2D']],
    [{ kernelSize: [4, 2], strides: [1, 2] }, ['Conv2D']],
    [{ kernelSize: 5 }, ['Conv2D']],
    [{ dilationRate: [2, 1] }, ['Conv2D']],
    [{ dilationRate: 2, strides: 2, padding: 'valid' }, ['ZeroPadding2D', 'Conv2D']],
    [{ kernelSize: 2, strides: 3 }, ['ZeroPadding2D', 'Conv2D']],
    [{ kernelSize: [3, 2], strides: [1, 3] }, ['ZeroPadding2D', 'Conv2D']],
  ])('%j', async (args, wanted) => {
    const model = built(shape(), args);
    const before = tf.memory().numTensors;
    const folded = foldModel(model);
    expect(tf.memory().numTensors - before).toBe(folded.weights.length);
    expect(classes(folded)).toEqual(wanted);
    expect(await difference(model, folded, [2, 9, 8, 4])).toBeLessThan(1e-5);
  });

  test('channelsFirst', async () => {
    for (const padding of ['same', 'valid'] as const) {
      const model = built(shape(), { dataFormat: 'channelsFirst', padding });
      expect(await difference(model, foldModel(model), [2, 4, 9, 8])).toBeLessThan(1e-5);
    }
  });

  test.each(['same', 'valid'] as const)('maps of open size, %s', async (padding) => {
    const model = built(shape(), { strides: 2, padding }, [null, null] as never);
    const folded = foldModel(model);
    for (const size of [7, 8, 9, 10])
      expect(await difference(model, folded, [1, size, size + 1, 4])).toBeLessThan(1e-5);
  });

  test('with M, D, batch norm and an activation after it; plain tfjs loads it', async () => {
    const x = tfl.input({ shape: [9, 8, 4] });
    const similarity = registry.make('similarity', 'static-uns');
    const layer = new NeuralSimilarityConv2D({
      filters: 3,
      kernelSize: 3,
      useBias: false,
      similarity,
      shape: shape(),
    });
    const norm = new BatchNorm({});
    const y = tfl.layers.reLU().apply(norm.apply(layer.apply(x))) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: x, outputs: y });
    layer.weights[1]!.write(toTensor(randomNormal([9, 9], 5)));
    norm.weights[2]!.write(tf.fill([3], 0.3));
    const folded = foldModel(model);
    expect(classes(folded)).toEqual(['ZeroPadding2D', 'Conv2D', 'ReLU']);
    expect(await difference(model, folded, [2, 9, 8, 4])).toBeLessThan(1e-5);
    let saved: tf.io.ModelArtifacts = {};
    await folded.save(
      tf.io.withSaveHandler(async (given) => {
        saved = JSON.parse(JSON.stringify({ ...given, weightData: undefined }));
        saved.weightData = given.weightData as ArrayBuffer;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved));
    expect(await difference(folded, loaded, [2, 9, 8, 4])).toBe(0);
  });
});

describe('folding learned places', () => {
  beforeAll(() => start('cpu'));

  test('at a whole rate the kernel is the dilated one, zeros between', async () => {
    const folded = foldModel(built(registry.make('shape', 'learned-dilation', { rate: 2 })));
    const kernel = folded.layers[1]!.getWeights()[0] as tf.Tensor4D;
    expect(kernel.shape).toEqual([5, 5, 4, 3]);
    const odd = tf.gather(kernel, [1, 3], 0);
    expect(tf.max(tf.abs(odd)).dataSync()[0]).toBe(0);
  });

  test('taps that left the map take no room', async () => {
    const model = built(registry.make('shape', 'learned-dilation', { rate: 1e4 }));
    const folded = foldModel(model);
    const [height, width] = folded.layers[1]!.getWeights()[0]!.shape as [number, number];
    expect(height).toBeLessThanOrEqual(2 * 9);
    expect(width).toBeLessThanOrEqual(2 * 8);
    expect(await difference(model, folded, [2, 9, 8, 4])).toBeLessThan(1e-5);
  });

  test('a stride past the window wants a known size', () => {
    const model = built(shapes.active(), { kernelSize: 2, strides: 3 }, [null, null] as never);
    expect(() => foldModel(model)).toThrow(expect.objectContaining({ code: 'LAYER_INPUT' }));
  });

  test('a layer that is used twice keeps one kernel and one padding', async () => {
    const x = tfl.input({ shape: [9, 8, 3] });
    const layer = new NeuralSimilarityConv2D({
      filters: 3,
      kernelSize: 3,
      padding: 'valid',
      shape: shapes.active(),
    });
    const y = layer.apply(layer.apply(x)) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: x, outputs: y });
    const folded = foldModel(model);
    expect(classes(folded).sort()).toEqual(['Conv2D', 'ZeroPadding2D']);
    expect(await difference(model, folded, [2, 9, 8, 3])).toBeLessThan(1e-5);
  });

  test('a learned-dilation beside a deformable layer, which is kept', async () => {
    const x = tfl.input({ shape: [9, 8, 4] });
    const layers = [
      registry.make('shape', 'learned-dilation', { rate: 1.5 }),
      registry.make('shape', 'deformable'),
    ].map((shape) => new NeuralSimilarityConv2D({ filters: 4, kernelSize: 3, padding: 'same', shape }));
    const outputs = layers.reduce((y, layer) => layer.apply(y) as tfl.SymbolicTensor, x);
    const model = tfl.model({ inputs: x, outputs });
    expect(() => foldModel(model)).toThrow(expect.objectContaining({ code: 'FOLD_DYNAMIC' }));
    await expect(foldModelAsync(model)).rejects.toThrow(expect.objectContaining({ code: 'FOLD_DYNAMIC' }));
    const folded = foldModel(model, { dynamic: 'keep' });
    expect(classes(folded)).toEqual(['Conv2D', 'NeuralSimilarityConv2D']);
    expect(await difference(model, folded, [2, 9, 8, 4])).toBeLessThan(1e-5);
    expect((await loadModel(registry, tf.io.fromMemory(await artifactsOf(model)))).layers).toHaveLength(3);
  });
});

async function artifactsOf(model: tfl.LayersModel): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      saved = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return saved;
}

onEachEngine('foldModelAsync', (engine) => {
  test('folds on every engine; foldModel says so where values are read later', async () => {
    const model = built(shapes.active(), { padding: 'valid' }, [4, 5]);
    const folded = await foldModelAsync(model);
    expect(classes(folded)).toEqual(['ZeroPadding2D', 'Conv2D']);
    expect(await difference(model, folded, [1, 4, 5, 4])).toBeLessThan(1e-5);
    if (engine === 'webgpu')
      expect(() => foldModel(model)).toThrow(expect.objectContaining({ code: 'FOLD_ASYNC' }));
  });
});
