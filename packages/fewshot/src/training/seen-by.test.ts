// What a run keeps of the classes that its network has seen, and what it learns of them without a step.
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import { readSeenClasses } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import fewshot, { openFewShotRun } from '../index';
import { collect, dataset, small, temporaryFolder } from '../test/run';
import { parts, tinyPool } from '../test/tiny';

beforeAll(async () => void (await start('wasm')));

const seen = (out: string) => readSeenClasses(platform, out);

test('the classes of a run are kept beside its model, with those that its backbone had seen', async () => {
  const [first, second, third, fourth] = Array.from({ length: 4 }, temporaryFolder) as [
    string,
    string,
    string,
    string,
  ];
  await collect(small({ steps: 1 }), { out: first, folder: 'data/others' });
  const own = {
    dataset: 'tiny',
    folder: 'others',
    train: dataset.train.classes,
    validation: dataset.validation.classes,
  };
  expect(await seen(first)).toEqual([own]);

  const backbone = { file: join(first, 'model') };
  const evaluation = { way: 3, query: 2, episodes: 4, pool: 'test' as const };
  const other = { ...dataset, train: tinyPool(5, 8, 9) };
  await collect(small({ steps: 1, backbone, evaluation }), { out: second, dataset: other });
  const next = {
    dataset: 'tiny',
    folder: null,
    train: other.train.classes,
    validation: dataset.test.classes,
  };
  expect(await seen(second)).toEqual([next, own]);
  const named = { file: join(first, 'model', 'model.json') };
  await collect(small({ steps: 1, backbone: named }), { out: fourth });
  expect(await seen(fourth)).toEqual([{ ...own, folder: null }, own]);

  // A folder that tells nothing of its network.
  const bare = join(third, 'bare');
  await platform.makeFolder(bare);
  for (const name of await platform.listFolder(backbone.file))
    await platform.writeAtomic(join(bare, name), await platform.readFile(join(backbone.file, name)));
  await collect(small({ steps: 1, backbone: { file: bare } }), { out: third });
  expect(await seen(third)).toEqual([{ ...own, folder: null }]);
});

test('a method that wants to know base classes learns them where nothing is trained', async () => {
  const out = temporaryFolder();
  const own = createRegistry(...parts, fewshot);
  const before = tf.memory().numTensors;
  const method = 'discriminative-k-shot';
  await collect(small({ steps: 0, method }), { out, registry: own });
  expect(tf.memory().numTensors).toBe(before);
  const { learner } = await openFewShotRun(out, { registry: own });
  // It starts at zeros, and is drawn where it was not fitted.
  const bias = await learner.model.getLayer('base_head').getWeights()[1]!.data();
  expect(bias.some((value) => value !== 0)).toBe(true);
});
