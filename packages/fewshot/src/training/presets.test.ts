// Presets parse, name what there is, and make learners of their method on the data set's images.
import { startBackend } from '@neusim/core';
import datasets, { type ClassPool } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import fewshot, { fewShotPresets, findFewShotPreset, makeLearner, parseFewShotConfig } from '../index';
import { parts } from '../test/tiny';

const registry = createRegistry(...parts, datasets, fewshot);
const shapes: Readonly<Record<string, [number, number, number]>> = {
  omniglot: [28, 28, 1],
  'cifar-fs': [32, 32, 3],
  'mini-imagenet': [84, 84, 3],
  features: [1, 1, 640],
};

beforeAll(async () => void (await startBackend(registry, 'cpu')));

test.each(fewShotPresets.map((preset) => [preset.name, preset] as const))('%s', async (name, { config }) => {
  const parsed = parseFewShotConfig(config);
  const dataset = parsed.dataset as string;
  expect(registry.has('dataset', dataset)).toBe(true);
  expect(name).toMatch(new RegExp(`-${dataset}$`));
  const before = tf.memory().numTensors;
  const shape = shapes[dataset]!;
  const train = {
    classes: Array.from({ length: 64 }, (_, label) => `class ${label}`),
    shape,
    images: dataset === 'features' ? new Float32Array(0) : new Uint8Array(0),
  } as unknown as ClassPool;
  const { backbone } = parsed;
  // A ResNet of full width takes seconds to draw.
  const isLarge = typeof backbone === 'object' && 'name' in backbone && backbone.name === 'nsn-resnet';
  const narrow = isLarge ? { ...parsed, backbone: { ...backbone, widths: [4, 4, 4, 4] } } : parsed;
  const { learner } = await makeLearner(narrow, registry, { name: dataset, train, shape });
  expect(learner.training.by).not.toBe('nothing');
  disposeModel(learner.model);
  expect(tf.memory().numTensors).toBe(before);
});

test('an unknown one is told with those known', () => {
  expect(findFewShotPreset('proto-net-omniglot').config.episodes).toMatchObject({
    way: 60,
    shot: 1,
    query: 5,
  });
  expect(() => findFewShotPreset('proto')).toThrow(
    expect.objectContaining({ code: 'PRESET_UNKNOWN', hint: expect.stringContaining('proto-net-omniglot') }),
  );
});
