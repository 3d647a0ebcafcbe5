import { defineDigits } from '@neusim/datasets';
import { createRegistry, define, NeusimError, plugin } from '@neusim/registry';
import { presets } from '@neusim/train';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { makeRegistry } from '../registry';
import { checkSettings } from './check';
import { listSettings } from './settings';

const registry = makeRegistry();
const config = {
  dataset: 'digits',
  model: { name: 'nsn-digits', similarity: { name: 'static-uns' } },
  steps: 10,
  optimizer: { name: 'adam' },
  augment: { padCrop: { pad: 4 } },
};
const find = (path: string, of: Record<string, unknown> = config) =>
  listSettings(registry, of).find((each) => each.path === path);

const refused = (of: Record<string, unknown>) => {
  try {
    checkSettings(registry, of);
  } catch (error) {
    return error as NeusimError;
  }
  throw new Error('it was taken');
};

describe('the settings of a config', () => {
  test.each([
    ['steps', { type: 'whole number from 1', default: undefined, value: 10, about: 'updates in all' }],
    ['batchSize', { type: 'whole number from 1', default: 128, value: 128 }],
    ['optimizer.name', { values: ['sgd', 'adam'], isClosed: true, value: 'adam' }],
    ['optimizer.beta1', { type: 'number from 0 below 1', default: 0.9 }],
    ['schedule.warmup', { default: 0 }],
    ['workers', { type: 'auto | whole number from 1', values: ['auto'], isClosed: false }],
    ['augment.padCrop.mode', { values: ['mirror', 'zero'], isClosed: true, default: 'mirror' }],
    ['dataset.limit.train', { type: 'whole number from 1' }],
    ['model.width', { type: 'whole number from 1' }],
    ['model.similarity', { value: { name: 'static-uns' } }],
    ['model.similarity.l2', { default: 0.005 }],
  ])('%s', (path, expected) => {
    expect(find(path)).toMatchObject(expected);
  });

  test('a variant has the keys of the form that is chosen: no momentum of adam, no beta1 of sgd', () => {
    expect(find('optimizer.momentum')).toBeUndefined();
    expect(find('optimizer.momentum', {})).toMatchObject({ default: 0.9 });
    expect(find('optimizer.beta1', {})).toBeUndefined();
  });

  test('a part without a name has its names, and no options', () => {
    expect(find('model', {})?.values).toEqual(
      expect.arrayContaining(['cnn-digits', 'nsn-digits', 'cnn-cifar', 'nsn-cifar']),
    );
    expect(find('model.width', {})).toBeUndefined();
    expect(find('model.predictor')?.values).toEqual(expect.arrayContaining(['sphere']));
    expect(find('model.operator')?.values).toEqual(
      expect.arrayContaining(['cond-conv', 'od-conv', 'involution']),
    );
  });

  test('every one of the config itself has a line of help', () => {
    const silent = listSettings(registry, { schedule: { name: 'step' } })
      .filter(({ keys, about, path }) => !keys && !about && !/\.name$|^augment/.test(path))
      .map(({ path }) => path);
    expect(silent).toEqual([]);
  });
});

describe('what nobody knows', () => {
  test.each([
    [{ optimizer: { name: 'sgd', learningrate: 1 } }, 'optimizer.learningrate', 'optimizer.learningRate'],
    [{ stpes: 3 }, 'stpes', 'steps'],
    [{ learningRate: 3 }, 'learningRate', 'optimizer.learningRate'],
    [{ dataset: { name: 'digits', limit: { trian: 3 } } }, 'dataset.limit.trian', 'dataset.limit.train'],
    [{ model: { name: 'nsn-digits', widht: 3 } }, 'model.widht', 'model.width'],
    [
      { model: { name: 'nsn-digits', similarity: { name: 'static-uns', L2: 0 } } },
      'model.similarity.L2',
      'model.similarity.l2',
    ],
    [{ optimizer: { name: 'sdg' } }, 'optimizer.name', 'sgd'],
    [{ augment: { padCrop: { pad: 4, mode: 'miror' } } }, 'augment.padCrop.mode', 'mirror'],
  ])('%j: did you mean', (of, path, nearest) => {
    expect(refused(of)).toMatchObject({
      code: 'CONFIG_INVALID',
      data: { path, nearest },
      hint: `did you mean "${nearest}"?`,
    });
  });

  test('an option of another optimizer: it is set whole', () => {
    expect(refused({ optimizer: { name: 'adam', momentum: 0.9 } }).hint).toContain(
      'it is of another optimizer than adam: set the whole, optimizer={"name":"adam"}',
    );
  });

  test('an option of another network: none elsewhere is meant', () => {
    const { hint } = refused({ model: { name: 'cnn-digits', similarity: 'static-uns' } });
    expect(hint).toContain('name one that has it: `npx neusim list model`');
    expect(hint).not.toContain('l2.similarity');
  });

  test.each(presets.map(({ name, config }) => [name, config] as const))('preset %s is taken', (_, preset) => {
    expect(() => checkSettings(registry, { ...preset })).not.toThrow();
  });

  test('a definition whose schema says nothing of its keys may have any', () => {
    const open = define({
      kind: 'dataset',
      name: 'open',
      version: '1.0.0',
      summary: 'any options',
      options: v.record(v.string(), v.unknown()),
      load: () => () => null,
    });
    const own = createRegistry(plugin('own', '1.0.0', [open, defineDigits()]));
    expect(() => checkSettings(own, { dataset: { name: 'open', anything: 1 } })).not.toThrow();
    expect(() => checkSettings(own, { dataset: { name: 'digits', anything: 1 } })).toThrow(NeusimError);
  });

  const other = {
    type: 'object',
    '~standard': { version: 1, vendor: 'other', validate: (value: unknown) => ({ value }) },
  };
  const form = <const K extends string>(key: K) => v.strictObject({ [key]: v.optional(v.number(), 1) });
  test.each([
    ['objects of another library', other, { anything: 1 }],
    ['objects that take more', v.object({ size: v.optional(v.number(), 1) }), { anything: 1 }],
    ['one of two objects', v.strictObject({ at: v.union([form('x'), form('y')]) }), { at: { y: 1 } }],
    [
      'a variant of numbers',
      v.strictObject({ at: v.variant('rank', [v.strictObject({ rank: v.literal(1), x: v.number() })]) }),
      { at: { rank: 1, x: 2 } },
    ],
    [
      'a variant whose word has several spellings',
      v.strictObject({
        at: v.variant('kind', [v.strictObject({ kind: v.picklist(['a', 'b']), x: v.number() })]),
      }),
      { at: { kind: 'b', x: 2 } },
    ],
    [
      'a variant within a variant',
      v.strictObject({
        at: v.variant('kind', [v.variant('kind', [v.strictObject({ kind: v.literal('a'), x: v.number() })])]),
      }),
      { at: { kind: 'a', x: 2 } },
    ],
  ])('options that a plug-in takes are not refused: %s', (_, options, given) => {
    const set = define({
      kind: 'dataset',
      name: 'own',
      version: '1.0.0',
      summary: 'of a plug-in',
      options: options as never,
      load: () => () => null,
    });
    const own = createRegistry(plugin('own', '1.0.0', [set]));
    expect(() => checkSettings(own, { dataset: { name: 'own', ...given } })).not.toThrow();
  });
});
