import type { NeusimError } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import { findPreset, parseConfig, presets, setConfigValue, type TrainConfigInput } from './index';

const least: TrainConfigInput = { dataset: 'digits', model: 'cnn-digits', steps: 10 };
const coded = (code: string, data: object) =>
  expect.objectContaining({ code, data: expect.objectContaining(data) });

describe('parseConfig', () => {
  test('fills in what is left out, and freezes it', () => {
    const config = parseConfig(least);
    expect(config).toMatchObject({
      seed: 0,
      batchSize: 128,
      normalize: 'none',
      optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: false },
      schedule: { name: 'constant', warmup: 0 },
      l2: { filter: 0, similarity: 0 },
      orthogonality: { filter: 0, predictor: 0 },
      evaluation: { every: 0, batchSize: 100 },
    });
    expect(Object.isFrozen(config) && Object.isFrozen(config.l2)).toBe(true);
  });

  test('a parsed config parses to itself', () => {
    for (const { config } of presets) {
      const parsed = parseConfig(config);
      expect(parseConfig(parsed)).toEqual(parsed);
      expect(parseConfig(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
    }
  });

  test.each([
    [{ ...least, setps: 3 }, 'setps'],
    [{ ...least, steps: 0 }, 'steps'],
    [{ ...least, steps: 1.5 }, 'steps'],
    [{ ...least, batchSize: '8' }, 'batchSize'],
    [{ ...least, optimizer: { name: 'sgd', beta1: 0.9 } }, 'optimizer.beta1'],
    [{ ...least, optimizer: { name: 'sgd', momentum: 1 } }, 'optimizer.momentum'],
    [{ ...least, optimizer: { name: 'rmsprop' } }, 'optimizer.name'],
    [{ ...least, schedule: { name: 'step', at: [10, 0] } }, 'schedule.at[1]'],
    [{ ...least, l2: { filters: 1 } }, 'l2.filters'],
    [{ ...least, orthogonality: { bias: 1 } }, 'orthogonality.bias'],
    [{ ...least, orthogonality: { filter: -1 } }, 'orthogonality.filter'],
    [{ ...least, augment: { padCrop: { pad: 0 } } }, 'augment.padCrop.pad'],
    [{ model: 'cnn-digits', steps: 1 }, 'dataset'],
    [{ ...least, model: { width: 3 } }, 'model'],
  ])('refuses %j at %s', (config, path) => {
    expect(() => parseConfig(config)).toThrow(coded('CONFIG_INVALID', { path }));
  });

  test('an unknown key: those allowed are listed', () => {
    expect(() => parseConfig({ ...least, l2: { filters: 1 } })).toThrow(
      /allowed: filter, bias, similarity, shape, predictor, norm/,
    );
  });
});

describe('a refused config says', () => {
  const refusal = (config: unknown) => {
    try {
      parseConfig(config);
    } catch (error) {
      return error as NeusimError;
    }
  };
  const message = (config: unknown) => refusal(config)?.message;

  test('what is missing', () => {
    expect(message({ dataset: 'digits', steps: 1 })).toBe('config: model: missing');
    expect(message({ ...least, schedule: { name: 'step' } })).toBe('config: schedule.at: missing');
  });

  test('the nearest key, and all of them', () => {
    expect(message({ ...least, l2: { filters: 1 } })).toBe(
      'config: l2.filters = 1: no such key, did you mean "filter"? allowed: filter, bias, similarity, shape, predictor, norm',
    );
    expect(message({ ...least, colour: 1 })).toMatch(
      /^config: colour = 1: no such key; allowed: name, seed, /,
    );
  });
});

describe('setConfigValue', () => {
  test.each([
    ['steps', '20', { ...least, steps: 20 }],
    ['optimizer.learningRate', '0.01', { ...least, optimizer: { learningRate: 0.01 } }],
    ['model.similarity', 'static-uns', { ...least, model: { name: 'cnn-digits', similarity: 'static-uns' } }],
    [
      'model.similarity',
      '{"name":"static-uns","l2":0}',
      { ...least, model: { name: 'cnn-digits', similarity: { name: 'static-uns', l2: 0 } } },
    ],
    ['schedule', '{"name":"cosine"}', { ...least, schedule: { name: 'cosine' } }],
    ['model', 'nsn-digits', { ...least, model: 'nsn-digits' }],
  ])('%s=%s', (path, text, wanted) => {
    const before = structuredClone(least);
    expect(setConfigValue(least, path, text)).toEqual(wanted);
    expect(least).toEqual(before);
  });

  test('a place in a list', () => {
    const config = { ...least, schedule: { name: 'step', at: [1, 2] } };
    expect(setConfigValue(config, 'schedule.at.1', '5').schedule).toEqual({ name: 'step', at: [1, 5] });
  });

  test('a list that is not there is written whole', () => {
    expect(() => setConfigValue(least, 'schedule.at.0', '5')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        data: { path: 'schedule.at' },
        hint: 'Write the whole list: schedule.at=[5,10].',
      }),
    );
    expect(setConfigValue(least, 'schedule.at', '[5,10]').schedule).toEqual({ at: [5, 10] });
  });

  test('a list has no other places than those up to its end', () => {
    const config = { ...least, schedule: { name: 'step', at: [1, 2] } };
    expect(setConfigValue(config, 'schedule.at.2', '5').schedule).toMatchObject({ at: [1, 2, 5] });
    for (const place of ['3', 'x', '-1'])
      expect(() => setConfigValue(config, `schedule.at.${place}`, '5')).toThrow(
        coded('CONFIG_INVALID', { path: 'schedule.at' }),
      );
  });

  test('a path that leads nowhere', () => {
    expect(() => setConfigValue(least, 'steps.x', '1')).toThrow(coded('CONFIG_INVALID', { path: 'steps' }));
    for (const path of ['', 'a..b', '__proto__.x', 'a.constructor.b'])
      expect(() => setConfigValue(least, path, '1')).toThrow(coded('CONFIG_INVALID', {}));
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});

describe('presets', () => {
  test("have names of their own, and the paper's figures", () => {
    expect(new Set(presets.map(({ name }) => name)).size).toBe(presets.length);
    const config = parseConfig(findPreset('nsn-cifar').config);
    expect(config).toMatchObject({
      steps: 42_500,
      batchSize: 128,
      normalize: 'none',
      augment: { padCrop: { pad: 4, mode: 'mirror' }, flip: true },
      loss: { labelSmoothing: 0.01, epsilon: 1e-4 },
      optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: false },
      schedule: { name: 'step', at: [20_000, 30_000, 37_500], factor: 0.1, warmup: 200 },
      l2: { filter: 5e-4, predictor: 5e-4, norm: 5e-4, similarity: 0 },
      evaluation: { every: 500, batchSize: 100 },
    });
  });

  test("the authors' has no warm-up and their start", () => {
    const config = parseConfig(findPreset('nsn-cifar-authors').config);
    expect(config.schedule.warmup).toBe(0);
    expect(config.model).toMatchObject({ similarity: 'dynamic-dns', predictor: { start: 'authors' } });
  });

  test('an unknown name: those known', () => {
    expect(() => findPreset('nsn-cifer')).toThrow(coded('PRESET_UNKNOWN', { name: 'nsn-cifer' }));
  });
});
