import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnyDefinition, type AnyPlugin, createRegistry, define, noOptions, plugin } from './index';

const shape = (name: string, more: Partial<AnyDefinition> = {}): AnyDefinition =>
  define({
    kind: 'shape',
    name,
    version: '1.2.3',
    summary: name,
    options: noOptions,
    load: () => () => name,
    ...more,
  });
const holding = (...definitions: AnyDefinition[]) => plugin('p', '1.0.0', definitions);
const coded = (code: string, data: object = {}) =>
  expect.objectContaining({ code, hint: expect.stringMatching(/./), data: expect.objectContaining(data) });

describe('createRegistry refuses', () => {
  test('what is no plug-in', () => {
    for (const met of [undefined, null, {}, 'core', { default: holding() }]) {
      expect(() => createRegistry(met as AnyPlugin)).toThrow(coded('REGISTRY_NOT_A_PLUGIN'));
    }
  });

  test('the same plug-in twice, and two copies of it', () => {
    const p = holding(shape('full'));
    expect(() => createRegistry(p, p)).toThrow(coded('REGISTRY_PLUGIN_TWICE', { plugin: 'p' }));
    expect(() => createRegistry(p, plugin('p', '1.0.1', []))).toThrow(
      coded('REGISTRY_PLUGIN_TWICE', { versions: ['1.0.0', '1.0.1'] }),
    );
  });

  test('a taken name, but not the same name of another kind', () => {
    const other = plugin('other', '1.0.0', [shape('full')]);
    expect(() => createRegistry(holding(shape('full')), other)).toThrow(
      coded('REGISTRY_NAME_TAKEN', { key: 'shape:full', plugins: ['p', 'other'] }),
    );
    expect(createRegistry(holding(shape('full'), shape('full', { kind: 'method' }))).list()).toHaveLength(2);
  });

  test('a name that is not lower-kebab', () => {
    for (const name of ['', 'Full', 'a_b', 'a--b', '-a', 'a-', 'a b', 'a:b', 'a@1', 'ä']) {
      expect(() => createRegistry(holding(shape(name)))).toThrow(coded('REGISTRY_BAD_NAME', { met: name }));
      expect(() => createRegistry(plugin(name, '1.0.0', []))).toThrow(coded('REGISTRY_BAD_NAME'));
    }
    const part = fc.stringMatching(/^[a-z0-9]{1,6}$/);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const name = parts.join('-');
        expect(createRegistry(plugin(`@scope/${name}`, '1.0.0', [shape(name)])).has('shape', name)).toBe(
          true,
        );
      }),
    );
  });

  test('a version that is not semantic', () => {
    for (const version of ['', '1', '1.0', 'v1.0.0', '1.0.0 ']) {
      expect(() => createRegistry(holding(shape('full', { version })))).toThrow(
        coded('REGISTRY_BAD_VERSION'),
      );
      expect(() => createRegistry(plugin('p', version, []))).toThrow(coded('REGISTRY_BAD_VERSION'));
    }
    expect(createRegistry(plugin('p', '1.0.0-rc.1+build', [])).list()).toEqual([]);
  });

  test('a kind there is not', () => {
    const odd = shape('full', { kind: 'shap' as 'shape' });
    expect(() => createRegistry(holding(odd))).toThrow(
      coded('REGISTRY_UNKNOWN_KIND', { met: 'shap', nearest: 'shape' }),
    );
  });

  test('a requirement that is missing or has another major version', () => {
    for (const required of ['shape:full', 'core', '@neusim/core', 'full']) {
      expect(() => createRegistry(holding(shape('x', { requires: [required] })))).toThrow(
        coded('REGISTRY_MISSING_REQUIREMENT', { key: 'shape:x', required }),
      );
    }
    expect(() => createRegistry(holding(shape('full'), shape('x', { requires: ['shape:full@2'] })))).toThrow(
      coded('REGISTRY_VERSION', { asked: '2', present: '1.2.3' }),
    );
    const met = ['shape:full', 'shape:full@1', 'shape:full@1.0.0', 'p', 'p@1.0.0', '@neusim/core@3'];
    const core = plugin('@neusim/core', '3.0.0', []);
    expect(createRegistry(holding(shape('x', { requires: met }), shape('full')), core).list()).toHaveLength(
      2,
    );
  });
});
