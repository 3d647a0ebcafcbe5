import * as v from 'valibot';
import { describe, expectTypeOf, test } from 'vitest';
import {
  type AnyPlugin,
  type AnyRegistry,
  createRegistry,
  define,
  noOptions,
  plugin,
  type Registry,
} from './index';

const uns = define({
  kind: 'similarity',
  name: 'static-uns',
  version: '1.0.0',
  summary: 'full M, learned',
  options: v.strictObject({ init: v.optional(v.picklist(['identity', 'eye3']), 'identity') }),
  load: () => (options) => ({ form: 'full' as const, init: options.init }),
});
const low = define({
  kind: 'similarity',
  name: 'low-rank',
  version: '1.0.0',
  summary: 'I + U Vᵀ',
  options: v.strictObject({ rank: v.pipe(v.string(), v.transform(Number)) }),
  load: async () => (options: { rank: number }) => ({ rank: options.rank }),
});
const full = define({
  kind: 'shape',
  name: 'full',
  version: '1.0.0',
  summary: 'every tap',
  options: noOptions,
  load: () => (_options, registry) => {
    expectTypeOf(registry).toEqualTypeOf<AnyRegistry>();
    return 'full shape';
  },
});
const parts = plugin('parts', '1.0.0', [uns, low]);
const shapes = plugin('shapes', '1.0.0', [full]);

// Never called: tsc reads it.
function compileOnly(registry: Registry<readonly [typeof parts, typeof shapes]>) {
  registry.make('similarity', 'static-uns', { init: 'eye3' });
  // @ts-expect-error a typo in the name
  registry.make('similarity', 'static-unz');
  // @ts-expect-error a name of another kind
  registry.make('shape', 'static-uns');
  // @ts-expect-error a kind of which nothing is defined
  registry.make('predictor', 'conv');
  // @ts-expect-error a typo in an option
  registry.make('similarity', 'static-uns', { initt: 'eye3' });
  // @ts-expect-error a bad value of an option
  registry.make('similarity', 'static-uns', { init: 'eye4' });
  // @ts-expect-error options may not be left out where one has no default
  registry.make('similarity', 'low-rank');
  // @ts-expect-error the schema's input is a string, its output a number
  registry.make('similarity', 'low-rank', { rank: 3 });
  // @ts-expect-error no options are allowed
  registry.make('shape', 'full', { taps: 3 });
  // @ts-expect-error a typo in the name
  registry.parse('similarity', 'low-rnk', { rank: '3' });
  // @ts-expect-error a typo in the name
  registry.version('similarity', 'low-rnk');
  // @ts-expect-error a typo in the kind
  registry.ready('similarty:low-rank');
  // @ts-expect-error the plug-in is not listed
  createRegistry(parts).make('shape', 'full');
  // @ts-expect-error not a plug-in
  createRegistry({ name: 'x' });
  define({
    kind: 'shape',
    name: 'x',
    version: '1.0.0',
    summary: '',
    options: noOptions,
    // @ts-expect-error the factory wants other options than the schema gives
    load: () => (options: { taps: number }) => options.taps,
  });
}

describe('inference', () => {
  const registry = createRegistry(parts, shapes);

  test('names, options and products are read off the plug-ins', () => {
    expectTypeOf(compileOnly).toBeFunction();
    expectTypeOf(registry.make('similarity', 'static-uns')).toEqualTypeOf<{
      form: 'full';
      init: 'identity' | 'eye3';
    }>();
    expectTypeOf(registry.make('shape', 'full')).toEqualTypeOf<string>();
    expectTypeOf(registry.parse('similarity', 'low-rank', { rank: '3' })).toEqualTypeOf<{ rank: number }>();
    expectTypeOf(() => registry.make('similarity', 'low-rank', { rank: '3' })).returns.toEqualTypeOf<{
      rank: number;
    }>();
  });

  test('a fork knows both', () => {
    const fork = createRegistry(parts).fork(shapes);
    expectTypeOf(fork).toEqualTypeOf<Registry<readonly [typeof parts, typeof shapes]>>();
    expectTypeOf(fork.make('shape', 'full')).toEqualTypeOf<string>();
  });

  test('every registry is an AnyRegistry', () => {
    expectTypeOf(registry).toExtend<AnyRegistry>();
    expectTypeOf(createRegistry()).toExtend<AnyRegistry>();
    const generic = <P extends readonly AnyPlugin[]>(some: Registry<P>): AnyRegistry => some;
    const any: AnyRegistry = generic(registry);
    expectTypeOf(any.make('shape', 'full')).toBeUnknown();
  });

  test('a list of plug-ins that only run time knows gives a registry of any name', () => {
    const list: AnyPlugin[] = [parts, shapes];
    expectTypeOf(createRegistry(...list).make('shape', 'full')).toBeUnknown();
  });
});
