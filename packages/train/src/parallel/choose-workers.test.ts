import { describe, expect, test } from 'vitest';
import { chooseWorkers } from './choose-workers';
import { partOf } from './layout';

const cifar = { multiplyAdds: 4.2e7, parameters: 511_200 };
const digits = { multiplyAdds: 7.1e5, parameters: 10_064 };
const auto = (batchSize: number) => ({ workers: 'auto', batchSize }) as const;

describe('auto', () => {
  test.each([
    ['a small network', digits, 64, 8, 1],
    ['a large one', cifar, 128, 8, 8],
    ['a large one on a machine of many cores: as many as have enough to do', cifar, 128, 64, 35],
    ['a large one with few images', cifar, 8, 8, 2],
    ['no more than images', { multiplyAdds: 1e10, parameters: 1e5 }, 3, 8, 3],
    ['many weights for little work', { multiplyAdds: 4.2e7, parameters: 1e8 }, 128, 8, 1],
    ['one core', cifar, 128, 1, 1],
  ])('%s', (_, cost, batchSize, cores, wanted) => {
    expect(chooseWorkers(auto(batchSize), cores, 'wasm', cost)).toBe(wanted);
  });

  test('without a module for them there are none', () => {
    expect(chooseWorkers(auto(128), null, 'wasm', cifar)).toBe(1);
  });
});

test('auto, on an engine that does not take one core: one', () => {
  expect(chooseWorkers(auto(128), 8, 'webgpu', cifar)).toBe(1);
  expect(chooseWorkers({ workers: 2, batchSize: 128 }, 8, 'webgpu', cifar)).toBe(2);
});

describe('a number', () => {
  test('is taken as it is, beyond the cores too', () => {
    expect(chooseWorkers({ workers: 5, batchSize: 64 }, 2, 'wasm', digits)).toBe(5);
    expect(chooseWorkers({ workers: 1, batchSize: 64 }, null, 'wasm', digits)).toBe(1);
  });

  test('beyond the images of a batch, or without a module, is refused', () => {
    expect(() => chooseWorkers({ workers: 9, batchSize: 8 }, 16, 'wasm', digits)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', data: { path: 'workers', met: 9, batchSize: 8 } }),
    );
    expect(() => chooseWorkers({ workers: 2, batchSize: 8 }, null, 'wasm', digits)).toThrow(
      expect.objectContaining({ code: 'TRAIN_NO_WORKERS', data: { workers: 2 } }),
    );
  });
});

test.each([
  [10, 3, [4, 3, 3]],
  [8, 2, [4, 4]],
  [3, 3, [1, 1, 1]],
  [7, 1, [7]],
])('%i images among %i', (batchSize, size, wanted) => {
  const parts = wanted.map((_, rank) => partOf(batchSize, rank, size));
  expect(parts.map(([from, to]) => to - from)).toEqual(wanted);
  expect(parts.map(([from]) => from)).toEqual([0, ...parts.slice(0, -1).map(([, to]) => to)]);
  expect(parts.at(-1)?.[1]).toBe(batchSize);
});
