import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import {
  type AnyRegistry,
  createRegistry,
  define,
  isKind,
  kinds,
  noOptions,
  originOf,
  plugin,
} from './index';

const uns = define({
  kind: 'similarity',
  name: 'static-uns',
  version: '1.2.0',
  summary: 'a full M, learned',
  options: v.strictObject({ scale: v.optional(v.number(), 1) }),
  load: () => (options) => ({ options }),
});
const net = define({
  kind: 'model',
  name: 'net',
  version: '0.1.0',
  summary: 'a net',
  options: noOptions,
  requires: ['similarity:static-uns'],
  load: () => (_options, registry) => registry.make('similarity', 'static-uns', { scale: 2 }),
});
const extra = define({
  kind: 'similarity',
  name: 'extra',
  version: '1.0.0',
  summary: 'one more',
  options: noOptions,
  load: async () => () => 'extra',
});
const core = plugin('core', '1.0.0', [uns, net]);
const more = plugin('more', '1.0.0', [extra]);
const registry = createRegistry(core);
const any: AnyRegistry = registry;
const coded = (code: string, data: object = {}, hint = /./) =>
  expect.objectContaining({
    code,
    hint: expect.stringMatching(hint),
    data: expect.objectContaining(data),
  });

describe('a registry', () => {
  test('makes products from validated, frozen options', () => {
    const { options } = registry.make('similarity', 'static-uns');
    expect(options).toEqual({ scale: 1 });
    expect(Object.isFrozen(options)).toBe(true);
    expect(registry.parse('similarity', 'static-uns', { scale: 3 })).toEqual({ scale: 3 });
    expect(() => any.make('similarity', 'static-uns', { scael: 3 })).toThrow(
      coded('CONFIG_INVALID', { path: 'scael', met: 3, subject: 'similarity:static-uns' }),
    );
  });

  test('tells the schema of options, and refuses a name it does not know', () => {
    expect(registry.schema('similarity', 'static-uns')).toBe(uns.options);
    expect(() => any.schema('similarity', 'static-unz')).toThrow(coded('REGISTRY_UNKNOWN_NAME'));
  });

  test('hands itself to factories', () => {
    expect(registry.make('model', 'net')).toEqual({ options: { scale: 2 } });
  });

  test('tells what a product was made from: the definition that made it, not one that passed it on', () => {
    const version = { name: 'core', version: '1.0.0' };
    const origin = { kind: 'similarity', name: 'static-uns', version: '1.2.0', plugin: version };
    expect(originOf(registry.make('similarity', 'static-uns'))).toEqual(origin);
    expect(originOf(registry.make('model', 'net') as object)).toEqual(origin);
    expect(originOf({})).toBeUndefined();
  });

  test('an unknown name: those known, and the nearest', () => {
    for (const use of ['make', 'parse', 'version'] as const) {
      expect(() => any[use]('similarity', 'static-unz')).toThrow(
        coded(
          'REGISTRY_UNKNOWN_NAME',
          { known: ['static-uns'], nearest: 'static-uns' },
          /did you mean "static-uns"/,
        ),
      );
    }
    expect(() => any.make('similarity', 'deformable')).toThrow(
      coded('REGISTRY_UNKNOWN_NAME', { nearest: undefined }, /plug-in/),
    );
    expect(() => any.make('dataset', 'digits')).toThrow('"digits" is no dataset; known: none');
    expect(() => any.make('similarity', '__proto__')).toThrow(coded('REGISTRY_UNKNOWN_NAME'));
  });

  test('an unknown kind', () => {
    const typo = 'similarty' as 'similarity';
    const unknownKind = coded('REGISTRY_UNKNOWN_KIND', { known: kinds }, /did you mean "similarity"/);
    expect(() => any.make(typo, 'static-uns')).toThrow(unknownKind);
    expect(() => any.list(typo)).toThrow(unknownKind);
    expect(any.has(typo, 'static-uns')).toBe(false);
    expect(isKind(typo)).toBe(false);
    expect(kinds.every(isKind)).toBe(true);
  });

  test('a name with the version it was saved with: the same major version, or an error', () => {
    expect(registry.version('similarity', 'static-uns')).toBe('1.2.0');
    for (const saved of ['static-uns@1.0.0', 'static-uns@1.9.0', 'static-uns@1']) {
      expect(any.parse('similarity', saved)).toEqual({ scale: 1 });
      expect(any.has('similarity', saved)).toBe(true);
    }
    for (const saved of ['static-uns@2.0.0', 'static-uns@0.9.0', 'static-uns@x', 'static-uns@11.2.0']) {
      expect(() => any.make('similarity', saved)).toThrow(coded('REGISTRY_VERSION', { present: '1.2.0' }));
      expect(any.has('similarity', saved)).toBe(false);
    }
  });

  test('lists what it has, in the order given', () => {
    const row = {
      kind: 'similarity',
      name: 'static-uns',
      version: '1.2.0',
      plugin: 'core',
      summary: 'a full M, learned',
    };
    expect(registry.list('similarity')).toEqual([row]);
    expect(registry.list().map(({ name }) => name)).toEqual(['static-uns', 'net']);
    expect(registry.list('shape')).toEqual([]);
  });

  test('everything is frozen', () => {
    for (const value of [uns, core, core.definitions, registry, registry.list(), registry.list('model')]) {
      expect(Object.isFrozen(value)).toBe(true);
    }
    expect(Object.isFrozen(registry.list()[0])).toBe(true);
  });

  test('its methods need no receiver', () => {
    const { make, has } = registry;
    expect(has('model', 'net') && make('model', 'net')).toBeTruthy();
  });
});

describe('a fork', () => {
  test('knows both; the original is as it was', async () => {
    const fork = registry.fork(more);
    expect(fork.list('similarity').map(({ name }) => name)).toEqual(['static-uns', 'extra']);
    expect(any.has('similarity', 'extra')).toBe(false);
    await fork.ready('similarity:extra');
    expect(fork.make('similarity', 'extra')).toBe('extra');
  });

  test('what is loaded before is loaded in the fork; what the fork loads stays there', async () => {
    const parent = createRegistry(more);
    const before = parent.fork();
    await parent.ready();
    const after = parent.fork(core);
    expect(after.make('similarity', 'extra')).toBe('extra');
    expect(() => before.make('similarity', 'extra')).toThrow(coded('REGISTRY_NOT_READY'));
  });

  test('gives factories the fork, not the original', () => {
    const seen: AnyRegistry[] = [];
    const watch = define({
      kind: 'method',
      name: 'watch',
      version: '1.0.0',
      summary: '',
      options: noOptions,
      load: () => (_options, given) => void seen.push(given),
    });
    const parent = createRegistry(plugin('watching', '1.0.0', [watch]));
    const fork = parent.fork(core);
    parent.make('method', 'watch');
    fork.make('method', 'watch');
    expect(seen).toEqual([parent, fork]);
    expect(seen[1]?.has('model', 'net')).toBe(true);
  });

  test('is checked as a whole', () => {
    expect(() => registry.fork(core)).toThrow(coded('REGISTRY_PLUGIN_TWICE'));
    expect(() => registry.fork(plugin('other', '1.0.0', [uns]))).toThrow(coded('REGISTRY_NAME_TAKEN'));
  });
});
