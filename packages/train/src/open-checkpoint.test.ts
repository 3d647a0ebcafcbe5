import { join } from 'node:path';
import { startBackend } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import { openCheckpoint, train } from './index';
import { patterns } from './test/patterns';
import { registry, small, temporaryFolder } from './test/setup';

beforeAll(async () => void (await startBackend(registry, 'cpu')));

test('the network of the last checkpoint is the trained one; of a data set of other classes it is refused', async () => {
  const out = temporaryFolder();
  const run = train(small({ steps: 4, checkpoint: { every: 2, keep: 1 } }), {
    registry,
    dataset: patterns,
    out,
  });
  let trained: LayersModel | undefined;
  for await (const event of run) if (event.type === 'end') trained = run.takeModel();
  const path = join(out, 'checkpoints', 'step-00000004.neusim');
  const checkpoint = await openCheckpoint(path);
  expect(checkpoint).toMatchObject({ step: 4, config: { dataset: 'patterns', seed: 3 } });
  const model = await checkpoint.build(registry, patterns);
  expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(
    trained?.getWeights().map((weight) => [...weight.dataSync()]),
  );
  disposeModel(model);
  const before = tf.memory().numTensors;
  await expect(checkpoint.build(registry, { ...patterns, classes: ['one', 'two'] })).rejects.toMatchObject({
    code: 'CHECKPOINT_MISMATCH',
  });
  expect(tf.memory().numTensors).toBe(before);
  disposeModel(trained as LayersModel);
});
