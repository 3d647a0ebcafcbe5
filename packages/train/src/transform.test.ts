// What `transform` makes of images reaches the network in training, in tests and where it is looked at.
import { startBackend } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { beforeAll, expect, test } from 'vitest';
import { evaluate, learnedParts, parseConfig, testImages } from './index';
import { chooseModel } from './prepare';
import { patterns } from './test/patterns';
import { collect, ofType, registry, small } from './test/setup';

beforeAll(async () => void (await startBackend(registry, 'cpu')));

const transform = { resize: 12, centerCrop: [9, 10] } as const;
const config = parseConfig(small({ transform: { resize: 12, centerCrop: [9, 10] }, steps: 3 }));

test('images of 8×8, resized to 12×12, of which 9×10 are kept', async () => {
  const model = (await chooseModel(config, registry, patterns)).build();
  expect(model.inputs[0]?.shape).toEqual([null, 9, 10, 1]);
  const images = await testImages(patterns, config, 5);
  expect(images.shape).toEqual([5, 9, 10, 1]);
  const { sample } = await learnedParts(model, patterns, images, transform);
  expect(sample.shape).toEqual([9, 10, 1]);
  const first = await images.data();
  expect([...sample.pixels].map((byte) => Math.fround(byte / 255))).toEqual([...first.subarray(0, 90)]);
  images.dispose();
  expect((await evaluate(model, patterns.test, { transform, normalize: 'unit' })).count).toBe(33);
  disposeModel(model);
});

test('a run trains and tests on them; another input shape is refused, and what cannot be', async () => {
  const [end] = ofType(await collect(config), 'end');
  expect(end?.result.config.transform).toEqual(transform);
  expect(end?.result.history.evaluations).toHaveLength(1);
  const refused = (changes: Parameters<typeof small>[0], code: string, data: object) =>
    expect(collect(small(changes))).rejects.toMatchObject({ code, data });
  const model = { name: 'nsn-digits', width: 2, inputShape: [8, 8, 1] };
  await refused({ model, transform: { resize: 12 } }, 'CONFIG_INVALID', { path: 'model.inputShape' });
  await refused({ transform: { centerCrop: 9 } }, 'DATASET_BAD_TRANSFORM', { centerCrop: [9, 9] });
  await refused({ augment: { grayscale: {} } }, 'DATASET_BAD_AUGMENT', { channels: 1 });
  await refused({ augment: { mixup: { alpha: 0 } } }, 'CONFIG_INVALID', { path: 'augment.mixup.alpha' });
});
