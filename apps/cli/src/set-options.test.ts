import { describe, expect, test } from 'vitest';
import { setOptions } from './set-options';

describe('--set', () => {
  test('puts JSON or text at a path, and leaves the given config alone', () => {
    const config = { steps: 10, model: { name: 'nsn-digits', similarity: 'static-uns' } };
    const changed = setOptions(config, [
      'steps=20',
      'model.similarity=dynamic-dns',
      'model.widths=[8,16]',
      'optimizer.momentum=0.5',
      'note=a=b',
    ]);
    expect(changed).toEqual({
      steps: 20,
      model: { name: 'nsn-digits', similarity: 'dynamic-dns', widths: [8, 16] },
      optimizer: { momentum: 0.5 },
      note: 'a=b',
    });
    expect(config).toEqual({ steps: 10, model: { name: 'nsn-digits', similarity: 'static-uns' } });
  });

  test.each(['steps', '=3', 'a..b=1', '__proto__.x=1', 'steps.more=1'])('refuses %s', (assignment) => {
    expect(() => setOptions({ steps: 10 }, [assignment])).toThrow(
      expect.objectContaining({ code: 'CLI_BAD_SET', data: { assignment } }),
    );
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});
