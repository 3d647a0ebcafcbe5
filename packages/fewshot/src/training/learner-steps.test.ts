// A step's gradients: the mean over its episodes; on an engine that records steps, those of base classes are replayed to the
// same curve; tests are spread over workers, with the same figures.
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { createPool } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { bundleWorker } from '../../../../tools/bundle-worker';
import { start } from '../../../../tools/engines';
import { makeLearner, parseFewShotConfig } from '../index';
import plugin from '../test/centroids';
import { collect, dataset, ofType, registry, small } from '../test/run';
import { parts } from '../test/tiny';
import { learnerSteps, type StepInputs } from './learner-steps';

test('two episodes: loss and gradients are the mean of each alone; steps are others each', async () => {
  await start('cpu');
  const config = parseFewShotConfig(small({ normalize: 'unit' }));
  const { learner } = await makeLearner(config, registry, dataset);
  const steps = learnerSteps(config, learner, dataset.train);
  const before = tf.memory().numTensors;
  const read = async (step: number) =>
    ((await steps.read(step)) as Extract<StepInputs, { by: 'episodes' }>).tasks;
  const tasks = await read(3);
  expect(tasks).toHaveLength(2);
  expect(tasks).toEqual(await read(3));
  expect(tasks[0]).not.toEqual(tasks[1]);
  expect(await read(4)).not.toEqual(tasks);
  const [both, ...each] = [tasks, [tasks[0]!], [tasks[1]!]].map((some) =>
    steps.compute({ by: 'episodes', tasks: some }),
  );
  const loss = (of: typeof both) => of!.loss.dataSync()[0]!;
  expect(loss(both)).toBeCloseTo((loss(each[0]) + loss(each[1])) / 2, 6);
  expect(Object.keys(both!.grads).length).toBeGreaterThan(3);
  for (const [name, grad] of Object.entries(both!.grads)) {
    const [a, b] = each.map(({ grads }) => grads[name]!.dataSync());
    for (const [i, value] of grad.dataSync().entries()) expect(value).toBeCloseTo((a![i]! + b![i]!) / 2, 5);
  }
  for (const { loss, grads } of [both!, ...each]) tf.dispose([loss, ...Object.values(grads)]);
  expect(tf.memory().numTensors).toBe(before);
  disposeModel(learner.model);
});

test('workers test as this thread does', async () => {
  const own = createRegistry(...parts, plugin);
  await start('wasm');
  const pool = await createPool({
    url: await bundleWorker(new URL('../test/worker.ts', import.meta.url)),
    size: 2,
  });
  try {
    const config = small({ method: 'centroids', steps: 0 });
    const [here] = ofType(await collect(config, { registry: own }), 'end');
    const [there] = ofType(await collect(config, { registry: own, pool }), 'end');
    expect(there!.result.history).toEqual(here!.result.history);
  } finally {
    await pool.close();
  }
});

describe('on webgpu', () => {
  test('steps on base classes are replayed, to the curve op by op, bit for bit', async () => {
    await start('webgpu');
    const config = small({
      method: { name: 'means', by: 'classes' },
      steps: 3,
      batchSize: 6,
      l2: {},
      evaluation: { way: 3, query: 2, episodes: 2 },
    });
    const events = await collect(config);
    const [replayed] = ofType(events, 'end');
    const [eager] = ofType(await collect(config, { capture: false }), 'end');
    expect(replayed!.result.history).toEqual(eager!.result.history);
    expect(ofType(events, 'warning')).toEqual([]);
  });
});
