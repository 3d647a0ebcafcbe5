import { describe, expect, test } from 'vitest';
import { type AnyDefinition, type AnyRegistry, createRegistry, define, noOptions, plugin } from './index';

const model = (name: string, load: AnyDefinition['load'], requires: string[] = []) =>
  define({ kind: 'model', name, version: '1.0.0', summary: name, options: noOptions, requires, load });
const registryOf = (...definitions: AnyDefinition[]): AnyRegistry =>
  createRegistry(plugin('p', '1.0.0', definitions));
const coded = (code: string) => expect.objectContaining({ code });

describe('loading', () => {
  test('nothing is loaded before it is asked for, and then once', () => {
    let loads = 0;
    const registry = registryOf(
      model('a', () => {
        loads++;
        return () => 'A';
      }),
    );
    registry.list();
    registry.parse('model', 'a');
    expect(loads).toBe(0);
    expect(registry.make('model', 'a')).toBe('A');
    expect(registry.make('model', 'a')).toBe('A');
    expect(loads).toBe(1);
  });

  test('what loads later must be awaited; the hint says how', async () => {
    let loads = 0;
    const registry = registryOf(
      model('a', async () => {
        loads++;
        return () => 'A';
      }),
    );
    const early = expect.objectContaining({
      code: 'REGISTRY_NOT_READY',
      hint: "await registry.ready('model:a')",
    });
    expect(() => registry.make('model', 'a')).toThrow(early);
    await Promise.resolve();
    // Not a matter of luck: only `ready` makes it ready.
    expect(() => registry.make('model', 'a')).toThrow(early);
    await Promise.all([registry.ready('model:a'), registry.ready({ kind: 'model', name: 'a' })]);
    expect(registry.make('model', 'a')).toBe('A');
    expect(loads).toBe(1);
  });

  test('ready loads what is named and all that it requires, also in a circle; without names, everything', async () => {
    const loaded: string[] = [];
    const later = (name: string, requires: string[]) =>
      model(
        name,
        async () => {
          loaded.push(name);
          return () => name;
        },
        requires,
      );
    const registry = registryOf(
      later('a', ['model:b@1', 'p']),
      later('b', ['model:c']),
      later('c', ['model:a']),
      later('d', []),
    );
    await registry.ready('model:a@1.0.0');
    expect(loaded.sort()).toEqual(['a', 'b', 'c']);
    await registry.ready();
    expect(registry.make('model', 'd')).toBe('d');
  });

  test('a failure to load has its cause, and can be tried again', async () => {
    let works = false;
    const registry = registryOf(
      model('a', async () => {
        if (!works) throw new Error('network');
        return () => 'A';
      }),
      model('b', () => {
        throw new Error('sync');
      }),
    );
    expect(() => registry.make('model', 'a')).toThrow(coded('REGISTRY_NOT_READY'));
    await expect(registry.ready('model:a')).rejects.toMatchObject({
      code: 'REGISTRY_LOAD_FAILED',
      cause: { message: 'network' },
    });
    expect(() => registry.make('model', 'b')).toThrow(coded('REGISTRY_LOAD_FAILED'));
    works = true;
    await registry.ready('model:a');
    expect(registry.make('model', 'a')).toBe('A');
  });

  test('what is no factory is refused', async () => {
    const namespace = { create: () => 1 } as never;
    const registry = registryOf(
      model('now', () => namespace),
      model('later', async () => namespace),
    );
    expect(() => registry.make('model', 'now')).toThrow(coded('REGISTRY_LOAD_FAILED'));
    await expect(registry.ready('model:later')).rejects.toThrow(coded('REGISTRY_LOAD_FAILED'));
  });

  test('references that are none', async () => {
    const registry = registryOf();
    await expect(registry.ready('model' as never)).rejects.toThrow(coded('REGISTRY_BAD_REF'));
    await expect(registry.ready('a:b:c' as never)).rejects.toThrow(coded('REGISTRY_BAD_REF'));
    await expect(registry.ready('modle:a' as never)).rejects.toThrow(coded('REGISTRY_UNKNOWN_KIND'));
    await expect(registry.ready('model:a')).rejects.toThrow(coded('REGISTRY_UNKNOWN_NAME'));
  });
});
