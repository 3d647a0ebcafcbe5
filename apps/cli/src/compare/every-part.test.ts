import { expect, test } from 'vitest';
import { makeRegistry } from '../registry';
import { everyPart } from './every-part';

const registry = makeRegistry();
const source = (model: unknown) => ({ name: 'any', config: { dataset: 'digits', model, steps: 3 } });

test('a variant for each part that the registry lists, the plain convolution first', () => {
  const found = everyPart(
    registry,
    source({ name: 'nsn-digits', width: 4, similarity: 'dynamic-uns', predictor: 'conv' }),
  );
  const names = found.map(({ name }) => name);
  const listed = (kind: 'similarity' | 'shape' | 'predictor' | 'operator') => registry.list(kind).length;
  expect(names[0]).toBe('inner-product');
  expect(new Set(names).size).toBe(names.length);
  expect(names).toHaveLength(
    listed('similarity') + listed('shape') - 1 + listed('predictor') + listed('operator'),
  );
  expect(names).toEqual(expect.arrayContaining(['static-uns', 'shape learned-binary', 'predictor shared']));
  const modelOf = (wanted: string) => found.find(({ name }) => name === wanted)?.config.model;
  expect(modelOf('shape learned-binary')).toEqual({
    name: 'nsn-digits',
    width: 4,
    similarity: 'inner-product',
    shape: 'learned-binary',
  });
  expect(modelOf('predictor shared')).toMatchObject({ similarity: 'dynamic-dns', predictor: 'shared' });
});

test('a model without similarities is refused', () => {
  expect(() => everyPart(registry, source('cnn-digits'))).toThrow(
    expect.objectContaining({ code: 'CLI_ALL_MODEL', data: { model: 'cnn-digits' } }),
  );
});
