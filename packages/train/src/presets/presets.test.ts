// What the presets' networks cost, and that their configs train: at small sizes, on made-up images.
import { countParameters, multiplyAdds } from '@neusim/core';
import type { Dataset, MemorySplit } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { findPreset, parseConfig, type TrainConfigInput } from '../index';
import { chooseModel } from '../prepare';
import { collect, ofType, registry } from '../test/setup';

const images = (side: number, count = 16, classes = 4): Dataset => {
  const split: MemorySplit = {
    count,
    shape: [side, side, 3],
    images: Uint8Array.from({ length: count * side * side * 3 }, (_, i) => (i * 2654435761) >>> 24),
    labels: Int32Array.from({ length: count }, (_, i) => i % classes),
  };
  const names = Array.from({ length: classes }, (_, i) => `class ${i}`);
  return { name: 'made up', shape: split.shape, classes: names, train: split, test: split };
};

/** A preset made small: its own loss, optimiser, schedule, penalties, augmentation and normalisation. */
function smaller(name: string, model: object, changes: Partial<TrainConfigInput> = {}): TrainConfigInput {
  const { config } = findPreset(name);
  const { name: network, ...options } =
    typeof config.model === 'string' ? { name: config.model } : config.model;
  return {
    ...config,
    model: { name: network, ...options, ...model },
    steps: 3,
    batchSize: 4,
    workers: 1,
    evaluation: { batchSize: 8 },
    checkpoint: {},
    log: { every: 1 },
    ...changes,
  };
}

const hidden = { predictor: { name: 'sphere', hidden: 2 } };
const widths = [2, 3, 4];
const sizes: [string, object, number, Partial<TrainConfigInput>][] = [
  ['resnet-20', { widths }, 8, {}],
  ['nsn-resnet-20', { widths, ...hidden }, 8, {}],
  ['cnn-sphere-9', { widths, features: 4, depth: 1 }, 8, {}],
  ['sphere-net-9', { widths, features: 4, depth: 1, head: 'weight-normalised' }, 8, {}],
  ['global-sphere-net', { widths, features: 4, depth: 1 }, 8, {}],
  ['cnn-imagenet', { width: 2, features: 4 }, 36, { transform: { centerCrop: 32 } }],
  ['nsn-imagenet', { width: 2, features: 4, ...hidden }, 36, { transform: { centerCrop: 32 } }],
];

describe('presets of networks', () => {
  beforeAll(async () => {
    await start('wasm');
    await registry.ready();
  });

  test.each(sizes)('%s trains at a small size', async (name, model, side, changes) => {
    const events = await collect(smaller(name, model, changes), { dataset: images(side) });
    const steps = ofType(events, 'step');
    expect(steps).toHaveLength(3);
    expect(steps.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(ofType(events, 'end')).toHaveLength(1);
  });

  test.each([
    ['cnn-imagenet', 8.9, 8_901_416, 1.1],
    ['cnn-plus-imagenet', 9.71, 9_692_555, 1.2],
    ['nsn-imagenet', 9.61, 9_610_140, 1.33],
  ])('%s has the %sM parameters of the paper, within 1 %', async (name, millions, exactly, billions) => {
    const config = parseConfig(findPreset(name).config);
    const dataset = { ...images(1, 4), shape: [256, 256, 3], classes: Array(1000).fill('x') } as Dataset;
    const model = (await chooseModel(config, registry, dataset)).build();
    expect(model.inputs[0]!.shape).toEqual([null, 224, 224, 3]);
    expect(countParameters(model)).toBe(exactly);
    expect(Math.abs(exactly / 1e6 / millions - 1)).toBeLessThan(0.01);
    expect(multiplyAdds(model) / 1e9).toBeCloseTo(billions, 2);
    disposeModel(model);
  });

  test('a network without a head is not trained by classes', async () => {
    const config = smaller('resnet-20', { widths, head: 'none' });
    await expect(collect(config, { dataset: images(8) })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      data: { path: 'model.classes', met: 0 },
      hint: expect.stringContaining('head'),
    });
  });

  test('the penalty of orthogonality comes with the cosine', async () => {
    const config = smaller('global-sphere-net', { widths, features: 4, depth: 1 });
    const [start] = ofType(await collect({ ...config, steps: 1 }, { dataset: images(8) }), 'start');
    expect(start!.orthogonality).toBeTruthy();
    expect(JSON.stringify(start!.orthogonality)).toContain('stage1_conv1/kernel');
  });
});
