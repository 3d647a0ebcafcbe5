// The page trains what the demo trains.
import { findPreset, parseConfig } from '@neusim/train';
import { expect, test } from 'vitest';
import { configOf } from './config';
import { networks, type RunRequest } from './protocol';

const names = Object.keys(networks) as RunRequest['network'][];

test.each(names)('%s: 400 steps of 64 images, as in the demo', (network) => {
  const config = parseConfig(configOf({ network, amount: 'all', steps: 400, batchSize: 64, seed: 1 }));
  const preset = parseConfig(findPreset(network).config);
  expect(config.model).toEqual(preset.model);
  expect(config.optimizer).toEqual(preset.optimizer);
  expect(config.l2).toEqual(preset.l2);
  expect(config).toMatchObject({
    dataset: { name: 'digits', limit: {} },
    schedule: { name: 'cosine', end: 0, warmup: 50 },
    evaluation: { every: 50, batchSize: 100 },
    log: { every: 5 },
    seed: 1,
  });
});

test('30 steps of 32 images, as in the quick demo', () => {
  const request = { network: 'nsn-digits', amount: 'part', steps: 30, batchSize: 32, seed: 2 } as const;
  expect(parseConfig(configOf(request))).toMatchObject({
    dataset: { name: 'digits', limit: { train: 2000, test: 300 } },
    schedule: { warmup: 10 },
    evaluation: { every: 15 },
    steps: 30,
    batchSize: 32,
    seed: 2,
  });
});

test('a single step is a run too', () => {
  const request = { network: 'cnn-digits', amount: 'few', steps: 1, batchSize: 1, seed: 0 } as const;
  expect(parseConfig(configOf(request))).toMatchObject({ schedule: { warmup: 1 }, log: { every: 1 } });
});
